"""SuiteCRM's own files behind the nginx that ships: what its .htaccess forbids to Apache is forbidden here too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.front_end import Nginx, shipped
from tests.wire.exchange import send

# As they are on the disk; a path of another spelling needs no file, for it would be a 404 if it were not forbidden.
FORBIDDEN = (
    *("/upload/0f2d6cb2-91b6-4d3f-8c5b-5f0a6c1d7e42", "/upload/x.html", "/upload/x.php", "/crm/upload/x.html"),
    *("/cache/diagnostic/d.zip", "/cache/x.php", "/custom/blowfish/key.php", "/custom/modules/X/a.php"),
    *("/modules/X/a.php", "/modules/X/a.tpl", "/include/a.php", "/include/a.tpl", "/metadata/a.php", "/soap/a.php"),
    *("/data/a.php", "/XTemplate/a.php", "/log4php/a.php", "/examples/a.php", "/vendor/bin/a.php", "/vendor/a.phar"),
    *("/files.md5", "/not_imported_1.txt", "/emailmandelivery.php", "/composer.lock", "/tests/a.html"),
    *("/config.php.bak", "/config.php~", "/config.php5", "/config.php_old", "/dump.sql", "/dump.sql.gz", "/crm.bak"),
    *("/suitecrm.log", "/suitecrm.log.1", "/Api/V8/OAuth2/private.key", "/site.pem", "/.env", "/.git/config"),
)
OTHER_SPELLINGS = (
    *("//upload//x.html", "/UPLOAD/x.html", "/%75pload/x.html", "/themes/..%2fupload/x.html", "/upload"),
    *("/cache//Diagnostic/d.zip", "/custom//BlowFish/key", "/Modules//X/a.PHP", "/modules/X/a.Tpl", "//Files.MD5"),
    *("/Not_Imported_1.TXT", "/EmailManDelivery.PHP", "/DUMP.SQL", "/SuiteCRM.LOG", "/private.KEY", "/Config.PHP.Bak"),
    *("/modules/X/a.php/more", "/upload/x.php/more", "/custom/modules/X/a.php/more", "/include/a.php/x.js"),
)
STATIC = (
    *("/themes/SuiteP/css/style.css", "/themes/SuiteP/images/logo.png", "/themes/SuiteP/js/style.js"),
    *("/cache/include/javascript/sugar_grp1.js", "/cache/themes/SuiteP/css/style.css", "/cache/images/a.png"),
    *("/custom/themes/default/images/company_logo.png", "/include/javascript/tiny_mce.js", "/modules/X/a.js"),
    *("/cache/jsLanguage/en_us.js", "/vendor/a/a.js", "/robots.txt", "/Api/docs/swagger/swagger.json"),
)
SCRIPTS = (
    *("/index.php", "/cron.php", "/install.php", "/vcal_server.php", "/ical_server.php", "/soap.php"),
    *("/service/v4_1/rest.php", "/service/v4_1/soap.php", "/Api/index.php", "/lib/API/public/index.php"),
)
TO_A_SCRIPT = (
    *("/", "/index.php?entryPoint=download&id=0f2d6cb2&type=Notes", "/index.php?module=X&file=/upload/x.php"),
    *("/Api/V8/meta/modules", "/Api/index.php/V8/module/Accounts", "/api/v8/modules/Accounts"),
)
UPPER = "/OLD.PHP"


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """The front end with SuiteCRM's locations, all of the files above, and no PHP behind: what goes there is a 502."""
    folder, site = tmp_path_factory.mktemp("nginx"), tmp_path_factory.mktemp("suitecrm")
    for path in (*FORBIDDEN, *STATIC, *SCRIPTS, UPPER):
        file = Path(f"{site}{path}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    front = Nginx(folder, upstream_port=1)
    replacements = {"/var/www/suitecrm": str(site), "/run/php/php-fpm.sock": f"{folder}/nobody.sock"}
    (folder / "locations" / "suitecrm.conf").write_text(shipped("nginx-suitecrm.conf", replacements))
    (folder / "fastcgi_params").touch()
    with front:
        yield front
    assert "[warn]" not in front.log


@pytest.mark.parametrize("path", [*FORBIDDEN, *OTHER_SPELLINGS])
def test_forbidden(nginx: Nginx, path: str) -> None:
    """What SuiteCRM forbids, and keys, logs, dumps and copies of scripts, are a 403 in every spelling."""
    assert send(nginx.url, "GET", path, {}, None).status == 403


@pytest.mark.parametrize("path", STATIC)
def test_static(nginx: Nginx, path: str) -> None:
    """What pages load is served as it is on the disk."""
    answer = send(nginx.url, "GET", path, {}, None)
    assert (answer.status, answer.body) == (200, path)


@pytest.mark.parametrize("path", [*SCRIPTS, *TO_A_SCRIPT, UPPER])
def test_scripts(nginx: Nginx, path: str) -> None:
    """The scripts that SuiteCRM has for the world reach PHP, and the paths of its API do; no source is shown."""
    assert send(nginx.url, "GET", path, {}, None).status == 502
