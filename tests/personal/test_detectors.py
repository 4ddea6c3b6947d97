"""Each detector on numbers that are published as right, and on the same ones made wrong."""

import re
from typing import Any

import pytest

from tasks.core import registry
from tasks.personal import detectors


def found(kind: str, text: str, **settings: Any) -> list[str]:
    detector = registry.load(detectors, kind)
    return [text[start:end] for start, end in detector.spans(text, detector.Params(**settings))]


def check_exactly(kind: str, wanted: str, **settings: Any) -> None:
    """The number is found whole, in the middle of a sentence as at its ends, and the prefilter lets the text
    through."""
    for text in (wanted, f"It is {wanted}, or so.", f"({wanted})", f"It is {wanted}."):
        assert found(kind, text, **settings) == [wanted]
        assert re.search(registry.load(detectors, kind).HINT.replace(r"\p{L}", r"[^\W\d_]"), text)


# Test numbers that the schemes publish (Visa, Mastercard, American Express, Diners Club, JCB, Discover, Maestro,
# UnionPay, Mir).
CARDS = [
    "4111111111111111",
    "4222222222222",
    "4012 8888 8888 1881",
    "5555-5555-5555-4444",
    "2223003122003222",
    "378282246310005",
    "3714 496353 98431",
    "30569309025904",
    "3530111333300000",
    "6011111111111117",
    "6759649826438453",
    "6304000000000000",
    "6212345678901232",
    "2200000000000053",
]


@pytest.mark.parametrize("number", CARDS)
def test_card_with_a_right_check_digit_is_found_and_every_other_check_digit_is_not(number: str) -> None:
    check_exactly("card", number)
    wrong = [number[:-1] + digit for digit in "0123456789" if digit != number[-1]]
    assert not [one for one in wrong if found("card", one)]


@pytest.mark.parametrize(
    "text",
    [
        "9999999999999995",
        "1234567812345670",
        "41111111111111111",
        "4111 1111-1111 1111",
        "x4111111111111111",
        "4.111111111111111",
        "411111111111111",
    ],
)
def test_number_that_no_issuer_gives_out_is_no_card(text: str) -> None:
    assert found("card", text) == []


# Examples of the IBAN registry.
IBANS = [
    "GB82WEST12345698765432",
    "GB82 WEST 1234 5698 7654 32",
    "gb82west12345698765432",
    "DE89370400440532013000",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
    "BE68 5390 0754 7034",
    "CH9300762011623852957",
    "BR1800360305000010009795493C1",
    "LC55HEMM000100010012001200023015",
    "PL61109010140000071219812874",
    "SA0380000000608010167519",
]


@pytest.mark.parametrize("number", IBANS)
def test_iban_with_right_check_digits_is_found_and_with_others_not(number: str) -> None:
    check_exactly("iban", number)
    wrong = [f"{number[:2]}{digits:02d}{number[4:]}" for digits in range(2, 99) if f"{digits:02d}" != number[2:4]]
    assert not [one for one in wrong if found("iban", one)]


@pytest.mark.parametrize(
    "text",
    ["ZZ82WEST12345698765432", "GB82WEST1234569876543", "GB82WEST123456987654321", "GB82 WE ST12 3456 9876 5432"],
)
def test_iban_of_another_length_or_of_no_country_is_none(text: str) -> None:
    assert found("iban", text) == []


@pytest.mark.parametrize(
    "address",
    [
        "a@b.de",
        "first.last+tag@sub.example.co.uk",
        "o'brien@example.org",
        "用户@例子.广告",
        "UPPER_case-1@EXAMPLE.COM",
        "x@xn--bcher-kva.example",
    ],
)
def test_email_address_is_found_whole(address: str) -> None:
    check_exactly("email", address)
    assert found("email", f"<{address}>;mailto:{address}") == [address, address]


@pytest.mark.parametrize(
    "text",
    [
        "@handle",
        "a@b",
        "a@b.",
        "a @b.de",
        "a@.de",
        "a@b.1",
        "user@localhost",
        f"{'a' * 65}@example.org",
        "3 @ 4.50 each",
    ],
)
def test_what_has_no_domain_or_no_name_is_no_address(text: str) -> None:
    assert found("email", text) == []


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "192.168.33.1", "255.255.255.255", "2001:db8::8a2e:370:7334", "6e40:4041:c617:e898:c11:40d2:c669:2eb4"],
)
def test_ip_address_is_found(address: str) -> None:
    assert found("ip", f"from {address}, as logged") == [address]
    assert found("ip", f"http://{address}/" if "." in address else f"[{address}]/64") == [address]


@pytest.mark.parametrize(
    "text",
    [
        "256.1.1.1",
        "1.2.3",
        "1.2.3.4.5",
        "version 1.2.3.4",
        "v1.2.3.4",
        "127.0.0.1",
        "0.0.0.0",
        "::1",
        "12:30:45",
        "a::b",
        "std::x",
        "1:2:3:4",
        "01.02.03.04",
    ],
)
def test_what_looks_like_an_address_is_none(text: str) -> None:
    assert found("ip", text) == []


# From the authorities' own descriptions of the numbers, or the usual specimen.
IDENTITIES = [
    ("us", "219-09-9998", None),
    ("gb", "AB123456C", None),
    ("gb", "AB 12 34 56 C", None),
    ("es", "12345678Z", "12345678A"),
    ("es", "X1234567L", "Y1234567L"),
    ("it", "RSSMRA85T10A562S", "RSSMRA85T10A562T"),
    ("it", "MRTMTT91D08F205J", "MRTMTT91D88F205J"),
    ("fr", "255081416802538", "255081416802539"),
    ("fr", "2 55 08 14 168 025 38", "2 55 08 14 168 025 83"),
    ("cn", "11010519491231002X", "110105194912310021"),
    ("cn", "440524188001010014", "440524188013010014"),
    ("pl", "44051401359", "44051401358"),
    ("se", "811228-9874", "811228-9873"),
    ("se", "701063-2391", "701093-2391"),
    ("fi", "131052-308T", "131052-308U"),
    ("fi", "131052-9041", "131052-000V"),
    ("br", "111.444.777-35", "111.444.777-36"),
]


@pytest.mark.parametrize(("country", "right", "wrong"), IDENTITIES)
def test_national_number_is_found_by_its_form_and_check_digits(country: str, right: str, wrong: str | None) -> None:
    check_exactly("national-id", right)
    check_exactly("national-id", right, countries=[country])
    others = sorted({one for one, *_ in IDENTITIES} - {country})
    assert found("national-id", right, countries=others) == []
    assert wrong is None or found("national-id", wrong) == []


@pytest.mark.parametrize(
    "text",
    [
        "000-12-3456",
        "666-12-3456",
        "900-12-3456",
        "123-00-4567",
        "123-45-0000",
        "1123-45-6789",
        "123-45-67890",
        "BG123456A",
        "111.111.111-11",
    ],
)
def test_number_that_was_never_given_out_is_no_national_number(text: str) -> None:
    assert found("national-id", text) == []


@pytest.mark.parametrize("text", ["SSN 219 09 9998", "His social security number is 219099998"])
def test_social_security_number_without_hyphens_is_known_by_what_stands_before_it(text: str) -> None:
    assert found("national-id", text) == [text.removeprefix("SSN ").removeprefix("His social security number is ")]
    assert found("national-id", text.replace("SSN", "row").replace("social security", "row")) == []


@pytest.mark.parametrize(
    "number",
    [
        "+1-984-182-0190",
        "+46 (0)8 928 571 38",
        "+447700900123",
        "001-518-640-0854",
        "0044 20 7946 0958",
        "(212) 555-0123",
        "212-555-0123",
        "1-212-555-0123",
        "212.555.0123x459",
        "212 555 0123 ext. 45",
        "020 7946 0958",
        "07700 900123",
        "01.84.17.61.18",
        "(030) 901820 12",
        "+49 30 901820",
    ],
)
def test_phone_number_with_a_sure_form_is_found_anywhere(number: str) -> None:
    check_exactly("phone", number)


@pytest.mark.parametrize(
    "number", ["467 3395", "60-56-85-91", "99 668472", "(37) 788-063", "9498777106", "699 956 915"]
)
def test_other_forms_are_phone_numbers_where_a_word_says_so(number: str) -> None:
    assert found("phone", f"There are {number} of them") == []
    for text in (
        f"Phone: {number}",
        f"please call me at {number}, thanks",
        f"Mobile {number}",
        f"fax\n{number}",
        f"{number} office",
    ):
        assert found("phone", text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "call on 12/05/2019",
        "call us 2019-05-12",
        "office hours 2010-2011",
        "Mar 04 1999 00:00:00",
        "call costs 1.234.567",
        "10 000 000 000 000 000",
        "$0.123.4567",
        "1234567890123456789",
        "pi is 3.14159265",
        "tel. 12 345",
    ],
)
def test_dates_amounts_and_short_numbers_are_no_phone_numbers(text: str) -> None:
    assert found("phone", text) == []


def test_numbering_plan_of_a_region_knows_its_numbers_without_a_word() -> None:
    pytest.importorskip("phonenumbers")
    assert found("phone", "see 2 2123 4567 there") == []
    assert found("phone", "see 2 2123 4567 there", regions=["FR", "CL"]) == ["2 2123 4567"]
    assert found("phone", "see 2 2123 4567 there", regions=["US"]) == []
