"""Probes: bytes in which a second request is hidden, for whoever reads the first one's end elsewhere."""

from collections.abc import Iterator
from itertools import chain

Probe = tuple[str, bytes]
"""What is odd, and the bytes."""

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n"

_START = b"POST /Api/access_token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
_AFTER_LAST_CHUNK = b"0\r\n\r\n" + HIDDEN
_IN_A_CHUNK = b"%x\r\n%s\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)

_CODINGS = (
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding:chunked",
    b"Transfer-Encoding: Chunked",
    b"transfer-encoding: chunked",
    b"Transfer-Encoding:  chunked ",
    b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunkedx",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: chunked;q=1",
    b'Transfer-Encoding: "chunked"',
    b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding: chunked\x00",
    b"Transfer-Encoding: chun\xe9ked",
    b"Transfer-Encoding : chunked",
    b" Transfer-Encoding: chunked",
    b"Transfer_Encoding: chunked",
    b"X: y\nTransfer-Encoding: chunked",
    b"X: y\rTransfer-Encoding: chunked",
    b"Transfer-Encoding:\r\n chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding\r\n: chunked",
)

# Each is another reading of a length that leaves HIDDEN within the body, or after it.
_LENGTHS = (
    b"+%d",
    b"-%d",
    b"%d, %d",
    b"%d,0",
    b"0,%d",
    b"%d.0",
    b"0x%d",
    b"%d_0",
    b"%d\x0b",
    b"\x0b%d",
    b'"%d"',
    b"%de0",
)
_CHUNK_SIZES = (
    b"0x%x",
    b"+%x",
    b"-%x",
    b" %x",
    b"%x ",
    b"%x\x0b",
    b"%x_0",
    b"0_%x",
    b"%x.",
    b"%x,%x",
    b'"%x"',
    b"\xd9\xa5",
)


def all_probes() -> Iterator[Probe]:
    """Yield every probe."""
    return chain(_two_framings(), _lengths(), _chunks(), _lines())


def _two_framings() -> Iterator[Probe]:
    for coding in _CODINGS:
        whole = b"Content-Length: %d\r\n" % len(_AFTER_LAST_CHUNK)
        yield f"CL.TE {coding!r}", _START + whole + coding + b"\r\n\r\n" + _AFTER_LAST_CHUNK
        if b"_" in coding:
            continue  # a header like any other: the length alone counts, and what follows is a request of its own
        yield f"TE.CL {coding!r}", _START + coding + b"\r\nContent-Length: 4\r\n\r\n" + _IN_A_CHUNK


def _lengths() -> Iterator[Probe]:
    for form in _LENGTHS:
        length = form.replace(b"%d", b"%d" % len(HIDDEN))
        yield f"Content-Length: {length!r}", _START + b"Content-Length: " + length + b"\r\n\r\n" + HIDDEN
    for first, second in ((0, len(HIDDEN)), (len(HIDDEN), 0)):
        both = b"Content-Length: %d\r\nContent-Length: %d\r\n\r\n" % (first, second)
        yield f"Content-Length {first} and {second}", _START + both + HIDDEN
    yield "a name with a blank", _START + b"Content-Length : %d\r\n\r\n" % len(HIDDEN) + HIDDEN
    yield "a length on a second line", _START + b"Content-Length:\r\n %d\r\n\r\n" % len(HIDDEN) + HIDDEN


def _chunks() -> Iterator[Probe]:
    chunked = _START + b"Transfer-Encoding: chunked\r\n\r\n"
    for form in _CHUNK_SIZES:
        size = form.replace(b"%x", b"%x" % len(HIDDEN))
        yield f"chunk of {size!r}", chunked + size + b"\r\n" + HIDDEN + b"\r\n0\r\n\r\n"
    yield "a chunk longer than it says", chunked + b"1\r\n" + HIDDEN + b"\r\n0\r\n\r\n"
    yield "a chunk of 2^64", chunked + b"10000000000000000\r\n" + HIDDEN + b"\r\n0\r\n\r\n"
    yield "a bare LF after the size", chunked + b"2\nab\r\n0\r\n\r\n"
    yield "a bare CR after the size", chunked + b"2\rab\r\n0\r\n\r\n"
    yield "a bare LF in an extension", chunked + b"2;a\n%s\r\nab\r\n0\r\n\r\n" % HIDDEN
    yield "a bare LF after the chunk", chunked + b"2\r\nab\n0\r\n\r\n"
    yield "no size", chunked + b"\r\n" + HIDDEN
    yield "a bad chunk after too much", chunked + b"%x\r\n%s\r\nx\r\n" % (70_000, b"y" * 70_000)
    old = chunked.replace(b"HTTP/1.1", b"HTTP/1.0")
    yield "chunks in HTTP/1.0", old + _AFTER_LAST_CHUNK


def _lines() -> Iterator[Probe]:
    end = b"Content-Length: 0\r\n\r\n"
    yield "a name without a colon", _START + b"Nothing\r\n" + end
    yield "a name with NUL", _START + b"X\0: y\r\n" + end
    yield "a value with NUL", _START + b"X: y\0z\r\n" + end
    yield "two hosts", _START + b"Host: evil.example\r\n" + end
    yield "no host", _START.replace(b"Host: localhost\r\n", b"") + end
    yield "a folded value", _START + b"X: y\r\n z\r\n" + end
    yield "a folded first line", _START.replace(b"\r\nHost", b"\r\n Host") + end
    yield "a bare CR between headers", _START.replace(b"\r\nContent", b"\rContent") + end
    yield "HTTP/2 by word", _START.replace(b"HTTP/1.1", b"HTTP/2.0") + end
    yield "HTTP/1.10", _START.replace(b"HTTP/1.1", b"HTTP/1.10") + end
    yield "no version", b"POST /Api/access_token\r\n" + HIDDEN
    yield "two blanks", _START.replace(b" HTTP", b"  HTTP") + end
    yield "101 headers", _START + b"".join(b"X-%d: y\r\n" % number for number in range(101)) + end
    yield "a header of 64 KiB", _START + b"X: " + bytes(65).replace(b"\0", b"y" * 1024) + b"\r\n" + end
    yield "an address of 64 KiB", _START.replace(b"/Api", b"/" + b"y" * 65_536) + end
