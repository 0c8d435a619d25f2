"""PHP files of plain values."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_oauth.compat.php_assignments import PhpSyntaxError, read_assignments
from tests.support.programs import require_program
from tests.unit.compat import php

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=20
)

# Prints what var_export makes of each input, and what PHP reads from that.
EXPORT = """
    $told = array_map(fn ($value) => "<?php\\n// created: today\\n\\$c = " . var_export(["k" => $value], true) . ";\\n",
        $inputs);
    $heard = array_map(function ($code) { eval("?>$code"); return $c["k"]; }, $told);
    echo json_encode(["told" => $told, "heard" => $heard], JSON_PRESERVE_ZERO_FRACTION);
"""

# Each is a whole file, less its first line, that PHP and we must read alike.
FILES = [
    "$c = array();",
    "$c = [1, 'a' => 2, 3, 7 => 'x', 'y',];",
    "$c = array('5' => 'five', '05' => 'text', true => 'one', null => 'empty', -3 => 'below');",
    "$c = array('a' => 1, 'b' => 2, 'a' => 3);",
    r"$c = ['it\'s', 'back\\slash', 'kept: \n \x', 'a' . 'b' . \"\0c\"];".replace('\\"', '"'),
    r'$c = ["tab\t", "octal \101\60", "hex \x41\x4a", "dollar \$x", "kept \q \'", "quote \""];',
    '$c = ["é", "\\xC3\\xA9", \'日本\'];',
    "$c = [0, 12, -7, 1.5, -0.25, 1.0E+25, 1e3, .5, TRUE, False, NULL];",
    "$c['a'] = 1; $c['b']['x'][] = 'first'; $c['b']['x'][] = 'second'; $c['b']['x'][9] = 3; $c['b']['x'][] = 4;",
    "$c = array('a' => array('b' => 1, 'c' => 2)); $c['a']['b'] = array(); $c['a'] ['d']=5;",
    "/* one */ $c /* two */ = # three\n array ( // four ');'\n 'k' => /***/ 'v', ) ; ?>",
    "$c['last'] = 'without a semicolon' ?>\n",
    ";;$c[] = 1;;",
]

REFUSED = {
    "a call": "$c['k'] = getenv('K');",
    "a constant": "$c['k'] = PHP_INT_MAX;",
    "another variable": "$d['k'] = 1;",
    "a value that is a variable": "$c['k'] = $d;",
    "interpolation": '$c["k"] = "a $d b";',
    "interpolation in braces": '$c["k"] = "a {$d} b";',
    "a condition": "if (true) { $c['k'] = 1; }",
    "code on the same line": "$c['k'] = 1; system('id');",
    "arithmetic": "$c['k'] = 1 + 1;",
    "octal": "$c['k'] = 017;",
    "an object": "$c = \\stdClass::__set_state(array());",
    "a cast": "$c['k'] = (int) 1;",
    "a heredoc": "$c['k'] = <<<X\nx\nX;",
    "an unknown escape": '$c["k"] = "\\u{e9}";',
    "an unfinished string": "$c['k'] = 'x",
    "an unfinished array": "$c = array('k' => 1",
    "a missing comma": "$c = array('k' => 1 'l' => 2);",
    "a missing semicolon": "$c['k'] = 1 $c['l'] = 2;",
    "html after the code": "$c['k'] = 1; ?> <p>",
    "a key of a scalar": "$c['k'] = 'x'; $c['k']['l'] = 1;",
    "no array": "$c = 'x';",
    "concatenated numbers": "$c['k'] = 1 . 2;",
    "deep arrays": "$c = " + "[" * 10_000 + "]" * 10_000 + ";",
}


def _read(body: str) -> dict[str | int, Any]:
    return read_assignments(f"<?php\n{body}".encode(), "c")


def _as_json(value: Any) -> Any:  # noqa: ANN401 - any PHP value
    """Return what PHP's json_encode and Python's json make of a value: a list where the keys count from zero."""
    if not isinstance(value, dict):
        return value
    if list(value) == list(range(len(value))):
        return [_as_json(inner) for inner in value.values()]
    return {str(key): _as_json(inner) for key, inner in value.items()}


def test_what_var_export_writes_is_read_as_php_reads_it() -> None:
    """Nested values of every kind come back from PHP's own export as they went in."""
    require_program("php")
    values: list[Any] = []

    @settings(max_examples=30)
    @given(st.lists(VALUES, min_size=20, max_size=20))
    def collect(some: list[Any]) -> None:
        values.extend(some)

    collect()
    judged = php.run(EXPORT, *values)
    for told, heard in zip(judged["told"], judged["heard"], strict=True):
        assert _as_json(read_assignments(told.encode(), "c")["k"]) == heard


@pytest.mark.parametrize("body", FILES)
def test_files_mean_what_they_mean_to_php(body: str) -> None:
    """Comments, quotes, escapes, keys, appended and repeated elements are PHP's."""
    heard = php.run('eval("?>" . $inputs[0]); echo json_encode($c);', f"<?php\n{body}")
    assert _as_json(_read(body)) == heard


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_is_no_plain_value_is_refused(body: str) -> None:
    """Anything that would have to be executed, or that PHP itself refuses, is a fault."""
    with pytest.raises(PhpSyntaxError):
        _read(body)


def test_a_fault_tells_its_line_and_no_text() -> None:
    """The message names the line, and quotes nothing of a file that holds secrets."""
    with pytest.raises(PhpSyntaxError, match="line 4 has something that is no plain value") as caught:
        _read("$c['a'] = 'secret\n';\n$c['b'] = secret();")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("source", [b"", b"$c = array();", b"\n<?php $c = array();", b"<?= 1"])
def test_a_file_must_be_php_from_its_first_letter(source: bytes) -> None:
    """A file that PHP would print, in whole or in part, is refused."""
    with pytest.raises(PhpSyntaxError):
        read_assignments(source, "c")


def test_a_second_file_changes_what_the_first_left() -> None:
    """An override starts with the array of the file before it, and leaves that one alone."""
    first = read_assignments(b"<?php $c = array('a' => array('b' => 1), 'k' => 'old');", "c")
    second = read_assignments(b"<?php $c['a']['d'] = 2; $c['k'] = 'new';", "c", first)
    assert second == {"a": {"b": 1, "d": 2}, "k": "new"}
    assert first == {"a": {"b": 1}, "k": "old"}


def test_strings_that_are_not_utf_8_do_not_spoil_the_rest() -> None:
    """A name in Latin-1 is kept byte by byte, and other keys are read."""
    config = read_assignments(b"<?php $c = array('name' => 'Andr\xe9', 'k' => 'v');", "c")
    assert str(config["name"]).encode("utf-8", "surrogateescape") == b"Andr\xe9"
    assert config["k"] == "v"


@given(st.binary(max_size=200) | st.text("$c=['a]();,.<?>/*#\"\\ 1-", max_size=60).map(str.encode))
def test_any_other_text_is_a_fault_and_nothing_else(source: bytes) -> None:
    """Whatever follows the opening tag is read as an array or refused as PHP that is not plain."""
    try:
        assert isinstance(read_assignments(b"<?php " + source, "c"), dict)
    except PhpSyntaxError as error:
        assert "line" in str(error)  # noqa: PT017 - both outcomes are good, this one with a line
