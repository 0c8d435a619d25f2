"""Folders as SuiteCRM's installer leaves them."""

from pathlib import Path

from crm_oauth.key_files import make_key_pair

ENCRYPTION_KEY = "k3bJ8m0pRrQy1m0s1W7r7Yl6wz2mJm0d9p0aQx3T5sE="

CONFIG = """<?php
// created: 2026-03-14 15:09:26
$sugar_config = array (
  'addAjaxBannedModules' =>
  array (
    0 => 'SecurityGroups',
  ),
  'admin_export_only' => false,
  'dbconfig' =>
  array (
    'db_host_name' => 'db.example.org:3307',
    'db_host_instance' => 'SQLEXPRESS',
    'db_user_name' => 'suite',
    'db_password' => 'it\\'s a \\\\ "secret"',
    'db_name' => 'crm',
    'db_type' => 'mysql',
    'db_port' => '',
    'db_manager' => 'MysqliManager',
  ),
  'list_max_entries_per_page' => '20',
%s  'site_url' => 'http://crm.example.org',
  'upload_maxsize' => 30000000,
);
"""


def make_site(folder: Path, *, encryption_key: str | None = ENCRYPTION_KEY, api: str = "Api/V8") -> Path:
    """Make the files of a site that we read.

    Args:
        folder: where; it may be missing yet.
        encryption_key: what config.php holds; None for a version that did not keep one there.
        api: the folder of the API that has the keys.
    """
    folder.mkdir(parents=True, exist_ok=True)
    line = "" if encryption_key is None else f"  'oauth2_encryption_key' => '{encryption_key}',\n"
    (folder / "config.php").write_text(CONFIG % line)
    keys = folder / api / "OAuth2"
    make_key_pair(keys / "private.key", keys / "public.key")
    return folder
