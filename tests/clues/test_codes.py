"""Codes on signs as evidence: addresses, telephone numbers, postcodes, money, units, roads, plates; and their traps."""

import pytest
from sign_text import bits, favoured, posterior, reading, spread

from photoplanet.clues import (
    currencies,
    domains,
    emergency_numbers,
    plates,
    postcodes,
    roads,
    telephones,
    units,
)
from photoplanet.earth import gazetteer, ground


def found(kind, *texts):
    return kind.clues(reading(*texts), ground.read())


def check(kind, text, codes, least):
    """The clues of a text favour these countries, or one of them, and speak for each with so many bits."""
    clues = found(kind, *text.split("|"))
    assert clues, text
    assert favoured(clues) & set(codes.split()), text
    assert all(bits(clues, code) >= least for code in codes.split()), text


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("bonpreu.cat", "ES"), ("www.southwark.gov.uk/dogs", "GB"), ("name@x.se", "SE"), ("www x de", "DE"),
        ("www.rathaus,de", "DE"), ("www. museum. nl", "NL"), ("http://kirche.at", "AT"), ("VULKAN.KÖLN", "DE"),
        ("foo.bzh", "FR"), ("visit.scot", "GB"), ("hotel.berlin", "DE"), ("www.cityofsydney.nsw.gov.au", "AU"),
        ("www.gov.br", "BR"), ("empresa.com.co", "CO"), ("почта.рф", "RU"), ("www.city.kyoto.jp", "JP"),
        ("info@t-online.de", "DE"), ("mail@qq.com", "CN"), ("shop.naver.com", "KR"), ("www.museum.nyc", "US"),
        ("www.harvard.edu", "US"), ("foo.nu", "SE"), ("www.gov.me", "ME"), ("www.sca.co.za", "ZA"),
        ("www.turismo.gob.mx", "MX"), ("ww.stockholm.se/felanmalan", "SE"),
    ],
)  # fmt: skip
def test_addresses(text, codes):
    check(domains, text, codes, 1.0)


@pytest.mark.parametrize(
    "text",
    ["facebook.com/x", "IMG_2041.jpg", "README.md", "lead.It is", "Mo.-Fr.", "Mo.Di.Do", "youtu.be/x", "twitch.tv",
     "name@gmail.com", "www.àn", "z.B. so", "S.p.A.", "12.30", "2.0.is", "www.moma.org", "www.x.net", "St.Gallen",
     "www. amazon", "wwww", "@@@", "www.", "a.b.c.d", "Nr.in", "No.no", "U.S.A.", "12.Mai", "e.V.", "goo.gl/x"],
)  # fmt: skip
def test_what_is_no_address_or_says_no_place(text):
    assert found(domains, text) == []


def test_commercial_addresses_say_little():
    (clue,) = found(domains, "www.shop.com")
    assert 0 < spread(clue) < 1
    assert 0 < bits([clue], "US") < 1


def test_a_regional_address_tells_the_state():
    (clue,) = found(domains, "bonpreu.cat")
    data = gazetteer.read()
    town = {name: clue.log_likelihood[data.names.index(name)] for name in ("Terrassa", "Huelva", "Villeurbanne")}
    assert town["Terrassa"] > town["Huelva"] > town["Villeurbanne"]


def test_an_address_twice_is_one_clue():
    (clue,) = found(domains, "dogstation.de", "www.dogstation.de")
    assert clue.lines == (0, 1)
    assert posterior([clue])["DE"] == pytest.approx(0.94, abs=0.04)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("+49 221 000000", "DE"), ("0049 221 000000", "DE"), ("00 49 221 000000", "DE"), ("(+45) 33 00 00 00", "DK"),
        ("+44 (0)20 7000 0000", "GB"), ("+1 (415) 555-0000", "US"), ("+1 876 555 0000", "JM"), ("+15145550000", "CA"),
        ("+7 495 000 00 00", "RU"), ("+7 727 000 00 00", "KZ"), ("+81 3-3000-0000", "JP"), ("+254 20 000 0000", "KE"),
        ("+689 40 00 00 00", "PF"), ("Tel. 0221/00000", "DE"), ("020 7000 0000", "GB"), ("01 42 00 00 00", "FR"),
        ("01.42.00.00.00", "FR"), ("(212) 555-0000", "US"), ("1-800-555-0000", "US"), ("93 412 00 00", "ES"),
        ("Tlf. 33 12 00 00", "DK NO"), ("03-3000-0000", "JP"), ("電話 03-3000-0000", "JP"), ("(11) 93000-0000", "BR"),
        ("8 (495) 000-00-00", "RU"), ("010-1234-5678", "KR"), ("06-12000000", "NL"), ("(02) 9000 0000", "AU"),
        ("0212 000 00 00", "TR"), ("Tfn|08-123 45 67", "SE"), ("Τηλ. 210 1234567", "GR"), ("☎ 044 210 00 00", "CH"),
        ("Puh. 09 123 4567", "FI"), ("0120-000-000", "JP"), ("1300 000 000", "AU"), ("тел. 8-800-000-00-00", "RU"),
    ],
)  # fmt: skip
def test_telephone_numbers(text, codes):
    check(telephones, text, codes, 0.6)


@pytest.mark.parametrize(
    "text",
    ["12:30", "08:00-18:00", "10.00-18.00", "12.05.2014", "2014-05-12", "1877-1954", "1.000.000", "24/7", "+6 Jahre",
     "+1", "+49", "ISBN 978-3-16-148410-0", "BTW BE 0400 000 000", "2 x 4", "238801", "20.000", "1020000", "100 - 200",
     "4006381333931", "+100", "50 %", "1/2", "3,50", "IBAN DE00 0000 0000 0000 0000 00", "52.3702, 4.8952"],
)  # fmt: skip
def test_what_is_no_telephone_number(text):
    assert found(telephones, text) == []


def test_a_word_makes_a_national_number_surer():
    with_word, alone = (found(telephones, text) for text in ("Tel. 01 42 00 00 00", "01 42 00 00 00"))
    assert bits(with_word, "FR") > bits(alone, "FR") + 0.2


def test_a_calling_code_is_surer_than_a_national_number():
    assert (
        posterior(found(telephones, "+33 1 42 00 00 00"))["FR"]
        > 0.9
        > 0.7
        > posterior(found(telephones, "01 42 00 00 00"))["FR"]
    )


def test_an_area_code_tells_the_state():
    clues = found(telephones, "+49 89 000000")
    data = gazetteer.read()
    munich, berlin = (clues[0].log_likelihood[data.names.index(name)] for name in ("Munich", "Berlin"))
    assert munich > berlin + 2


@pytest.mark.parametrize(
    ("texts", "code"),
    [(("Notruf", "112"), "DE"), (("In an emergency", "call 000"), "AU"), (("Emergency dial 999",), "GB"),
     (("Police 911",), "US"), (("警察 110",), "JP"), (("Polizei 117",), "CH"), (("소방 119",), "KR")],
)  # fmt: skip
def test_emergency_numbers(texts, code):
    clues = found(emergency_numbers, *texts)
    assert bits(clues, code) > 0.5
    assert all(spread(clue) <= emergency_numbers.CAP + 1e-3 for clue in clues)


@pytest.mark.parametrize("text", ["112", "Haus 110", "911", "Bus 118", "Porsche 911", "000", "No. 999"])
def test_a_number_without_an_emergency_is_none(text):
    assert found(emergency_numbers, text) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("08508 Les Masies de Voltregà", "ES"), ("1012 AB Amsterdam", "NL"), ("SW1A 1AA", "GB"), ("EH1 1AA", "GB"),
        ("JE2 3AB", "JE"), ("Ottawa K1A 0B1", "CA"), ("〒100-0001", "JP"), ("S-123 45 Malmö", "SE"), ("D-50667", "DE"),
        ("DK-2300 København S", "DK"), ("A-6020 Innsbruck", "AT"), ("CH-8001 Zürich", "CH"), ("50667 Köln", "DE"),
        ("8001 Zürich", "CH"), ("1010 Wien", "AT"), ("75001 Paris", "FR"), ("00184 Roma", "IT"), ("110 00 Praha 1",
        "CZ"),
        ("101000 Москва", "RU"), ("34000 İstanbul", "TR"), ("9000 Gent", "BE"), ("00-950 Warszawa", "PL"),
        ("1100-148 Lisboa", "PT"), ("CEP 01310-100", "BR"), ("San Francisco, CA 94105", "US"), ("Sydney NSW 2000",
        "AU"),
        ("Mumbai - 400 001", "IN"), ("Singapore 238801", "SG"), ("D02 AF30", "IE"), ("C1043AAZ", "AR"),
        ("LV-1050 Rīga", "LV"), ("3400 HILLEROD", "DK"),
    ],
)  # fmt: skip
def test_postcodes(text, codes):
    check(postcodes, text, codes, 1.5)


@pytest.mark.parametrize(
    "text",
    ["12345", "1234", "2014 Stadtordnung", "1877 Barcelona", "10000 Besucher", "12345 Ventura Blvd", "1234 Main St",
     "1000 KG", "2000 AD", "1200 WC", "B2B", "A4 2021", "08:00", "N-340", "12000 Euro", "5000 METERS", "Km 73",
     "100-200", "555-1234", "2019 Summer Olympics", "IC 2024", "3000 Years", "E45", "AB 12", "1200 XPF"],
)  # fmt: skip
def test_what_is_no_postcode(text):
    assert found(postcodes, text) == []


def test_digits_before_an_unknown_word_say_little():
    clues = found(postcodes, "12000 Hundebesitzer")
    assert max(posterior(clues).values()) < 0.3


def test_a_town_that_the_gazetteer_knows_makes_a_postcode_sure():
    assert posterior(found(postcodes, "80331 München"))["DE"] > 0.75 > posterior(found(postcodes, "80331 Xyz"))["DE"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("12,50 €", "DE FR ES"), ("€12.50", "IE"), ("€ 12,50", "NL AT"), ("£1000", "GB"), ("50 kr.", "DK"), ("35:-",
        "SE"),
        ("kr 50", "NO"), ("1500 Kč", "CZ"), ("4,50 zł", "PL"), ("200 Ft", "HU"), ("R$ 10,00", "BR"), ("DKK 100", "DK"),
        ("100 円", "JP"), ("¥500", "JP CN"), ("Rs 50", "IN PK"), ("Rp 25.000", "ID"), ("RM 5.90", "MY"),
        ("₩5000", "KR"),
        ("R 49.99", "ZA"), ("Q 10.50", "GT"), ("10 lei", "RO"), ("25 TL", "TR"), ("₹120", "IN"), ("CHF 12.-", "CH"),
        ("NT$ 50", "TW"), ("HK$20", "HK"), ("S/ 15.00", "PE"), ("500 FCFA", "SN"), ("KSh 200", "KE"), ("50 บาท", "TH"),
        ("250 дин", "RS"), ("5 лв", "BG"), ("50 грн", "UA"), ("AED 25", "AE"), ("25 د.م.", "MA"), ("₪25", "IL"),
        ("$5.99", "US AU CA"), ("1500 ISK", "IS"), ("20.000 đ", "VN"),
    ],
)  # fmt: skip
def test_money(text, codes):
    clues = found(currencies, text)
    assert clues and all(bits(clues, code) > 0.3 for code in codes.split()), text
    assert favoured(clues) & set(codes.split()), text


@pytest.mark.parametrize(
    "text",
    ["10 ft", "73 km", "5 KM", "E50", "12.50", "08:00-", "Nr. 5", "A 7", "S 1", "Mo - Fr 8.00", "Fr. 10.00-18.00 Uhr",
     "TRY 3", "ALL 50", "TOP 10", "R 10", "P 2", "Q 7", "10 d", "24 H", "100 m", "12 Uhr", "COP 26", "MAD 2", "PEN 4"],
)  # fmt: skip
def test_what_is_no_money(text):
    assert found(currencies, text) == []


@pytest.mark.parametrize(
    ("text", "code", "other"),
    [("MAX 20 MPH", "GB", "FR"), ("5 miles", "US", "DE"), ("200 yds", "GB", "US"), ("30 km/t", "DK", "SE"),
     ("50 km/h", "ES", "US"), ("Km 73", "ES", "GB"), ("72 °F", "US", "CA"), ("20 °C", "CA", "US"), ("10 ft", "US",
     "ES")],
)  # fmt: skip
def test_units(text, code, other):
    clues = found(units, text)
    assert bits(clues, code) > bits(clues, other) + 1
    assert all(spread(clue) <= units.CAP + 1e-3 for clue in clues)


@pytest.mark.parametrize(
    "text", ["200 Ft", "900 m", "24 H", "smile", "Emily", "10 x 15 cm", "1.5 l", "midnight", "500 g"]
)
def test_what_is_no_unit(text):
    assert found(units, text) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("N-340", "ES"), ("AP-7", "ES"), ("Ctra. C-17, Km 73", "ES"), ("I-95", "US"), ("US 101", "US"), ("Route 66",
        "US"),
        ("A38(M)", "GB"), ("SS 16", "IT"), ("D 906", "FR"), ("SH 1", "NZ"), ("NH 44", "IN"), ("BR-101", "BR"),
        ("Ruta 5", "CL AR"), ("Rv 4", "NO"), ("B 51", "DE"), ("М-4", "RU"), ("MEX-180", "MX"), ("EN 125", "PT"),
        ("M25", "GB"),
    ],
)  # fmt: skip
def test_road_numbers(text, codes):
    check(roads, text, codes, 0.5)


@pytest.mark.parametrize(
    "text",
    ["B2B", "Audi A4", "N°5", "E-mail", "7", "MP3 player", "iPhone 12", "Room A12", "H2O", "COVID-19", "A-6020 "
    "Innsbruck",
     "a7", "24 H", "G20 Summit", "M&M", "R2-D2", "N.5", "Size S 38", "A 12,50", "B 12:30", "E 0", "S 1/2"],
)  # fmt: skip
def test_what_is_no_road_number(text):
    assert found(roads, text) == []


@pytest.mark.parametrize("text", ["A4", "S7", "E45", "M25", "A 7"])
def test_what_only_may_be_a_road_number_says_little(text):
    assert all(spread(clue) < 3.5 for clue in found(roads, text))


@pytest.mark.parametrize(
    ("text", "code"),
    [("AB12 CDE", "GB"), ("AB-123-CD", "FR"), ("K-AB 123", "DE"), ("京A·12345", "CN"), ("12가 3456", "KR"), ("1234 "
    "BCD", "ES"),
     ("34 ABC 123", "TR"), ("7ABC123", "US"), ("MH 12 AB 1234", "IN"), ("D K-AB 123", "DE"), ("1-ABC-123", "BE"),
     ("А 123 ВС 77", "RU"), ("ABC1D23", "BR"), ("5A2 1234", "CZ"), ("12-D-3456", "IE")],
)  # fmt: skip
def test_plates(text, code):
    clues = found(plates, text)
    assert bits(clues, code) > 0.5
    assert all(spread(clue) <= plates.CAP + 1e-3 for clue in clues)


@pytest.mark.parametrize(
    "text",
    ["OPEN 24", "HALL 12", "10-18", "KM 73", "1200 XPF", "EUR 1234", "A4", "2014-05-12", "My car is AB12 CDE", ""],
)
def test_what_is_no_plate(text):
    assert found(plates, text) == []
