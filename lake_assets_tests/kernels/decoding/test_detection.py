"""What a file's bytes look like."""

from time import process_time

import pytest

from lake_assets.kernels.decoding.detection import detect_legacy, detect_wide
from lake_assets.kernels.decoding.encoding import Encoding, sniff_encoding

WORDS = {
    "polish": "zażółć gęślą jaźń|Kraków, ulica Długa|świeże pomarańcze|żółty ser|Małgorzata Wójcik",
    "czech": "příliš žluťoučký kůň|Tomáš Růžička|Plzeň, město|čerstvé pečivo|šunka, těstoviny",
    "russian": "Москва, Тверская улица|хлеб пшеничный|заказ принят|Иван Петров|доставка завтра",
    "greek": "Αθήνα, οδός Ερμού|ψωμί ολικής άλεσης|η παραγγελία εστάλη|Θεσσαλονίκη|τυρί φέτα",
    "german": "Größe und Maß|München, Schwabinger Straße|Brötchen frisch|Jürgen Müller|Öl, süß",
    "japanese": "東京都渋谷区|北海道産の牛乳|注文を受け付けました|カード払い|ありがとう",
    "chinese": "北京市朝阳区|订单已经发货|不能退货|上海市浦东新区|谢谢您的购买",
    "taiwanese": "臺北市信義區|訂單已經出貨|不能退貨|高雄市左營區|謝謝您的購買",
    "korean": "서울특별시 강남구|주문이 접수되었습니다|신선한 우유|결제 완료|감사합니다",
}


def table(language: str, rows: int = 40) -> str:
    """A CSV file of that language's words."""
    words = WORDS[language].split("|")
    lines = [f"{n},2025-01-{n % 28 + 1:02},{words[n % 5]},{words[n * 3 % 5]}" for n in range(rows)]
    return "\r\n".join(["id,date,name,note", *lines, ""])


@pytest.mark.parametrize(
    ("language", "codec"),
    [
        ("polish", "cp1250"),
        ("polish", "iso8859-2"),
        ("czech", "cp1250"),
        ("czech", "iso8859-2"),
        ("russian", "cp1251"),
        ("russian", "koi8-r"),
        ("russian", "cp866"),
        ("german", "cp1252"),
        ("german", "cp850"),
        ("greek", "cp1253"),
        ("japanese", "shift_jis"),
        ("japanese", "euc-jp"),
        ("chinese", "gb18030"),
        ("taiwanese", "big5"),
        ("korean", "euc-kr"),
    ],
)
@pytest.mark.parametrize("rows", [5, 40])
def test_a_text_is_read_as_it_was_written(language: str, codec: str, rows: int) -> None:
    text = table(language, rows)
    found = detect_legacy(text.encode(codec))
    assert found
    assert text.encode(codec).decode(found) == text


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("language", WORDS)
def test_a_text_of_wide_units_needs_no_mark(language: str, codec: str) -> None:
    data = table(language).encode(codec)
    for length in (len(data), 1001, 1002, 1003):
        assert sniff_encoding(data[:length], ["utf-8", "detect"]) == Encoding(codec)


@pytest.mark.parametrize("language", ["japanese", "korean"])
def test_iso_2022_is_known_by_its_escape_sequences(language: str) -> None:
    text = table(language)
    codec = {"japanese": "iso2022_jp", "korean": "iso2022_kr"}[language]
    found = sniff_encoding(text.encode(codec), ["utf-8", "detect"])
    assert found
    assert text.encode(codec).decode(found.name) == text
    assert not found.keeps_newlines
    assert sniff_encoding(text.encode(codec), ["utf-8"]) == Encoding("utf-8")


def test_an_escape_sequence_alone_is_no_encoding() -> None:
    assert sniff_encoding(b"id,note\n1,\x1b[0m\n", ["utf-8", "detect"]) == Encoding("utf-8")
    assert sniff_encoding(b"id,note\n1,\x1b$x\n", ["utf-8", "detect"]) == Encoding("utf-8")


def test_a_first_line_without_an_end_is_enough_if_it_is_ascii() -> None:
    assert detect_wide("id,name".encode("utf-16-be")) == "utf-16-be"
    assert detect_wide("id".encode("utf-32-le")) == "utf-32-le"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a\0",
        b"id,note\n1,x\n",
        b"id,note\n1,\0\n2,\0x\0\n3,ab\n4,c\n",
        b"\0" * 400,
        b"abc\0de,12345\n" * 40,
        b"ab\0cd\n" * 40,
        "é,ü\n".encode("cp1252") * 40,
    ],
)
def test_nul_bytes_alone_make_no_wide_text(data: bytes) -> None:
    assert detect_wide(data) is None


def test_half_a_surrogate_pair_does_not_hide_utf16() -> None:
    data = table("russian").encode("utf-16-le") + b"\0\xdc" + "x\n".encode("utf-16-le")
    assert detect_wide(data) == "utf-16-le"


def test_a_damaged_line_outvotes_nobody() -> None:
    lines = table("japanese").encode("shift_jis").split(b"\r\n")
    lines[7] = lines[7] + b"\xff\xfe"
    assert sniff_encoding(b"\r\n".join(lines), ["utf-8", "detect"]) == Encoding("cp932")


@pytest.mark.parametrize("cut", range(8))
def test_a_head_that_ends_within_a_character_is_detected_all_the_same(cut: int) -> None:
    data = table("japanese").encode("shift_jis")
    assert sniff_encoding(data[: len(data) // 2 - cut], ["utf-8", "detect"]) == Encoding("cp932")


def test_a_single_kind_of_sign_is_taken_for_what_is_written_today() -> None:
    rows = b"".join(b"%d,Total %d \xb7 Rent\r\n" % (n, n * 37) for n in range(100))
    assert detect_legacy(b"id,account\r\n" + rows) == "cp1252"


def test_bytes_that_are_no_text_are_in_no_encoding() -> None:
    noise = b"".join(bytes([n * 7 % 256, n * 13 % 256, n % 32]) for n in range(3000))
    assert detect_legacy(noise) is None


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (WORDS["russian"].encode("cp1251") * 2000, "cp1251"),
        (b"x" * 200_000 + WORDS["russian"].encode("cp1251"), "cp1251"),
        (b"x" * 200_000 + "é".encode("cp1252"), "cp1252"),
        (bytes(n * n * 7 % 251 + 4 for n in range(200_000)).translate(None, b"\r\n"), None),
    ],
)
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_long_line_takes_no_longer_than_its_bytes(
    head: bytes, found: str | None, end: bytes
) -> None:
    start = process_time()
    assert detect_legacy(head + end) == found
    assert process_time() - start < 2  # what grows with the square takes minutes
