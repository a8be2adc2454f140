"""Words on signs as evidence: of streets, of varieties of languages, of firms; simplified and traditional signs."""

import pytest
from sign_text import bits, favoured, posterior, reading, spread

from photoplanet.clues import chinese_writing, firms, street_words, varieties
from photoplanet.clues.english_words import TABLE
from photoplanet.clues.word_groups import Finder, greatest
from photoplanet.earth import gazetteer, ground


def found(kind, *texts):
    return kind.clues(reading(*texts), ground.read())


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Calle Mayor", "ES MX AR"), ("Carrer de Mallorca", "ES"), ("Rue de Rivoli", "FR"), ("Hauptstraße 5", "DE AT"),
        ("Bahnhofstrasse", "CH"), ("Nyelandsvej", "DK"), ("Kungsgatan 12", "SE"), ("Storgata", "NO"),
        ("Prinsengracht", "NL"),
        ("Mannerheiminkatu", "FI"), ("Rua Augusta", "PT BR"), ("Prefeitura Municipal", "BR"), ("Via Roma 3", "IT"),
        ("ul. Floriańska", "PL"), ("Náměstí Míru", "CZ"), ("Kossuth utca", "HU"), ("İstiklal Caddesi", "TR"),
        ("ALTO", "MX"),
        ("PARE", "BR AR CL"), ("ARRÊT", "CA"), ("DUR", "TR"), ("一時停止", "JP"), ("停车场", "CN"), ("出口 捷運", "TW"),
        ("출구", "KR"), ("ถนน", "TH"), ("Jl. Malioboro", "ID"), ("Οδός Ερμού", "GR"), ("улица Ленина", "RU BG"),
        ("вул. Шевченка", "UA"),
        ("Einbahnstraße", "DE AT"), ("Steenweg op Gent", "BE"), ("Strada Lipscani", "RO"), ("Barangay San Antonio",
        "PH"),
    ],
)  # fmt: skip
def test_street_words(text, codes):
    clues = found(street_words, text)
    assert clues and favoured(clues) & set(codes.split()), text
    assert all(bits(clues, code) > 1 for code in codes.split()), text
    assert all(spread(clue) <= street_words.CAP + 1e-3 for clue in clues)


@pytest.mark.parametrize(
    "text",
    ["OXFORD STREET", "Place", "via London", "Peringatan", "BAHNHOFSTRASSE", "Gate 12", "Ring", "High Street",
     "Hello world", "alto saxophone", "compare prices", "during", "A", "12:30", "stop sign ahead", "tram 4"],
)  # fmt: skip
def test_what_is_no_street_word(text):
    assert found(street_words, text) == []


def test_a_catalan_street_is_in_catalonia():
    (clue,) = found(street_words, "Carrer de Balmes")
    data = gazetteer.read()
    assert clue.log_likelihood[data.names.index("Terrassa")] > clue.log_likelihood[data.names.index("Huelva")] + 1


def test_words_of_one_group_are_one_clue_and_more_of_them_are_surer():
    one, three = (found(street_words, text) for text in ("Calle Mayor", "Calle, Plaza, Avenida"))
    assert len(one) == len(three) == 1
    assert bits(one, "ES") < bits(three, "ES") < bits(one, "ES") + 1


def test_a_word_of_several_groups_is_of_all_their_countries():
    clues = found(street_words, "kommune")
    assert {"DK", "NO"} <= favoured(clues)


@pytest.mark.parametrize(
    ("text", "more", "less"),
    [
        ("Dogs on a lead", "GB", "US"), ("Dogs must be on leash", "US", "GB"), ("Car park", "GB", "US"),
        ("Parking lot", "US", "GB"), ("Restrooms", "US", "AU"), ("Toilets", "GB", "US"), ("Authorised vehicles",
        "GB", "US"),
        ("Authorized personnel", "US", "IE"), ("Penalty charge notice", "GB", "IE"), ("An Garda Síochána", "IE", "GB"),
        ("Washrooms", "CA", "US"), ("Shire council", "AU", "GB"), ("Kia ora", "NZ", "AU"), ("Armed response", "ZA",
        "GB"),
        ("Horn OK please", "IN", "GB"), ("No littering", "US", "GB"), ("Max fine £1000", "GB", "US"), ("THE MAYOR "
        "FOR LONDON", "GB", "IE"),
        ("Jänner", "AT", "DE"), ("parkieren verboten", "CH", "DE"), ("Die Oberbürgermeisterin", "DE", "AT"),
        ("aparcamiento", "ES", "MX"), ("estacionamiento", "MX", "ES"), ("coches", "ES", "AR"), ("se renta", "MX", "ES"),
        ("colectivo", "AR", "ES"), ("parqueadero", "CO", "ES"), ("se arrienda", "CL", "ES"), ("autocarro", "PT", "BR"),
        ("ônibus", "BR", "PT"), ("casa de banho", "PT", "BR"), ("banheiro", "BR", "PT"), ("dépanneur", "CA", "FR"),
        ("septante", "BE", "FR"), ("bourgmestre", "BE", "FR"), ("police cantonale", "CH", "FR"), ("arrêté "
        "municipal", "FR", "BE"),
    ],
)  # fmt: skip
def test_varieties(text, more, less):
    clues = found(varieties, text)
    assert bits(clues, more) > 0.4
    assert bits(clues, more) > bits(clues, less) + 0.8
    assert all(spread(clue) <= varieties.CAP + 1e-3 for clue in clues)


@pytest.mark.parametrize(
    "text",
    [
        "Please keep off the grass",
        "No smoking",
        "Hunde verboten",
        "Prohibido fumar",
        "Défense de fumer",
        "leading",
        "Ausgang",
    ],
)
def test_what_every_variety_says_is_no_clue(text):
    assert found(varieties, text) == []


def test_one_clue_per_language():
    clues = found(varieties, "Car park, toilets", "Parkieren verboten", "Litter")
    assert [clue.kind for clue in clues] == ["variety of English", "variety of German"]
    assert clues[0].lines == (0, 2)


def test_english_for_visitors_stays_possible_everywhere():
    clues = found(varieties, "Dogs must be kept on a lead")
    assert bits(clues, "SE") > -1


def test_no_english_word_is_in_two_tables_that_contradict_each_other():
    finder = Finder(TABLE, 0.5)
    words = [word for group in finder.groups for word in group.words]
    assert sorted(words) == sorted(set(words))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("停车场 请勿吸烟", "CN"),
        ("圖書館 國立", "TW HK"),
        ("請嘅咗", "HK"),
        ("东门车站", "CN"),
        ("歡迎觀光 鐵路", "TW HK"),
    ],
)
def test_chinese_writing(text, codes):
    clues = found(chinese_writing, text)
    assert favoured(clues) & set(codes.split())
    assert all(bits(clues, code) > 1 for code in codes.split())


@pytest.mark.parametrize("text", ["国会", "駐車場", "大学", "中山公园"[:2], "ABC", "12:30"])
def test_signs_that_are_the_same_everywhere_say_nothing(text):
    assert found(chinese_writing, text) == []


def test_chinese_for_visitors_beside_japanese_or_korean_says_nothing():
    assert found(chinese_writing, "犬の散歩は必ず", "遛狗时请务必") == []
    assert found(chinese_writing, "출구", "请勿停车") == []
    assert found(chinese_writing, "请勿停车") != []


def test_no_sign_is_both_simplified_and_traditional():
    assert not chinese_writing.SIMPLIFIED & chinese_writing.TRADITIONAL


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Müller GmbH", "DE AT"), ("BON PREU S.A.U.", "ES"), ("Ferrari S.p.A.", "IT"), ("Novo A/S", "DK"), ("Kesko "
        "Oyj", "FI"),
        ("Philips B.V.", "NL"), ("Żabka Sp. z o.o.", "PL"), ("Pivovar s.r.o.", "CZ SK"), ("Konzum d.o.o.", "HR SI"),
        ("Tesco plc", "GB"), ("Acme Pty Ltd", "AU"), ("Acme (Pty) Ltd", "ZA"), ("Infosys Pvt. Ltd.", "IN"), ("株式会社",
        "JP"),
        ("有限责任公司", "CN"), ("주식회사", "KR"), ("Petronas Sdn Bhd", "MY"), ("Cemex S.A. de C.V.", "MX"),
        ("ООО Ромашка",
        "RU"),
        ("Padaria Ltda", "BR"), ("Acme Inc.", "US"), ("Volvo AB", "SE"), ("Siemens AG", "DE CH"), ("Magyar Kft.", "HU"),
        ("Maxima UAB", "LT"), ("Dupont SARL", "FR"), ("Acme Pte Ltd", "SG"), ("Koç A.Ş.", "TR"), ("ΔΕΗ Α.Ε.", "GR"),
        ("CNPJ 00.000.000", "BR"), ("ABN 00 000 000 000", "AU"), ("P.IVA 00000000000", "IT"), ("KvK 00000000", "NL"),
    ],
)  # fmt: skip
def test_firms(text, codes):
    clues = found(firms, text)
    assert clues and favoured(clues) & set(codes.split()), text
    assert all(bits(clues, code) > 1 for code in codes.split()), text
    assert all(spread(clue) <= firms.CAP + 1e-3 for clue in clues)


@pytest.mark.parametrize(
    "text",
    [
        "SPA & WELLNESS",
        "AS NO",
        "Such as",
        "AG",
        "NOT AS BEFORE",
        "A.B.",
        "S.O.S.",
        "B. V. Scott",
        "SL 5",
        "1.5 l",
        "m.b.",
    ],
)
def test_what_is_no_firm(text):
    assert found(firms, text) == []


def test_the_greatest_ratio_of_tables_counts():
    assert greatest([{"ES": 0.1, "*": 0.01}, {"ES/Catalonia": 1.0}]) == {"ES": 0.1, "ES/Catalonia": 1.0, "*": 0.01}


def test_a_phrase_hides_the_words_in_it():
    finder = Finder([("US 1", "parking, parking lot"), ("GB 1", "lot")], 0.5)
    assert finder.found("The Parking Lot") == ["parking lot"]


def test_an_unsure_word_leaves_doubt():
    assert posterior(found(street_words, "Nyelandsvej"))["DK"] < 0.8
