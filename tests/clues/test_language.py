"""The language of lines as evidence: which languages, whose places, and what hostile text does."""

import numpy as np
import pytest

from photoplanet.clues import language, language_scores
from photoplanet.earth import gazetteer, ground
from photoplanet.signs.line import Line, Reading

BOX = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
SENTENCES = {
    "German": "Hunde bitte an der Leine führen",
    "Danish": "Husk at samle op efter din hund",
    "Swedish": "Koppla hunden och plocka upp efter den",
    "Dutch": "Honden aan de lijn, verboden toegang",
    "French": "Défense d'afficher sur ce mur",
    "Spanish": "Prohibido el paso a toda persona ajena",
    "Catalan": "Prohibit el pas a tota persona aliena",
    "Italian": "Vietato l'accesso ai non addetti ai lavori",
    "Portuguese": "Proibida a entrada de pessoas não autorizadas",
    "Polish": "Zakaz wstępu, teren prywatny",
    "Czech": "Vstup zakázán, soukromý pozemek",
    "Hungarian": "Belépni tilos, magánterület",
    "Finnish": "Pääsy kielletty asiattomilta",
    "Turkish": "Girmek yasaktır, özel mülk",
    "English": "Please keep your dog on a lead",
    "Vietnamese": "Cấm vào, khu vực riêng",
    "Indonesian": "Dilarang masuk tanpa izin",
    "Japanese": "ここに駐車しないでください",
    "Chinese": "请勿在此停车",
}


@pytest.fixture(scope="module")
def sites():
    return ground.read()


def reading(*texts, score=0.95, role="sign"):
    return Reading(tuple(Line(text, score, BOX, role) for text in texts), 640, 480)


def by_country(clues, sites):
    rows = sum(clue.log_likelihood.astype(float) for clue in clues)
    codes = gazetteer.read().country_codes
    held = np.bincount(sites.country, sites.weight * np.exp(rows - rows.max()), len(codes))
    return dict(zip(codes, held / held.sum(), strict=True))


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_is_in_its_language(name):
    rows = language_scores.scores(SENTENCES[name])
    assert language_scores.languages().names[int(rows.argmax())] == name


@pytest.mark.parametrize(
    ("texts", "country"),
    [
        (["Hunde bitte an der Leine führen"], "DE"), (["Husk at samle op efter din hund"], "DK"),
        (["Gossos lligats", "Prohibit el pas"], "ES"), (["Honden aan de lijn, verboden toegang"], "NL"),
        (["Défense d'afficher"], "FR"), (["Zakaz wstępu, teren prywatny"], "PL"), (["請勿在此停車,違者拖吊"], "TW"),
        (["ここに駐車しないでください"], "JP"), (["Não pise na grama, obrigado"], "BR"),
    ],
)  # fmt: skip
def test_the_likeliest_country_speaks_it(texts, country, sites):
    found = by_country(language.clues(reading(*texts), sites), sites)
    if country == "TW":  # traditional and simplified are told apart elsewhere
        assert {"CN", "TW"} & set(sorted(found, key=found.get)[-3:])
    else:
        assert max(found, key=found.get) == country


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("ห้ามจอดรถ", "TH"), ("주차금지 구역", "KR"), ("Οδός Ερμού", "GR"), ("אין חניה", "IL"), ("Не парковать", "RU"),
        ("გაჩერება აკრძალულია", "GE"), ("停車禁止です", "JP"), ("Ulica Srpskih vladara, zabranjeno parkiranje", "HR"),
    ],
)  # fmt: skip
def test_a_script_alone_says_a_country(text, country, sites):
    found = by_country(language.clues(reading(text), sites), sites)
    assert max(found, key=found.get) == country


def test_marks_stay_within_words_of_india_and_thailand():
    assert language_scores.words("गाड़ी खड़ी") == ["गाड़ी", "खड़ी"]


def test_what_script_costs_is_pinned():
    assert language_scores.OTHER_SCRIPT == -9.0


def test_two_languages_of_one_country_speak_for_it(sites):
    dutch, french = "Verboden toegang voor honden", "Accès interdit aux chiens"
    both = by_country(language.clues(reading(dutch, french), sites), sites)
    alone = by_country(language.clues(reading(dutch), sites), sites)
    assert max(both, key=both.get) == "BE" and max(alone, key=alone.get) == "NL"
    assert both["BE"] > 0.5


def test_english_beside_another_language_says_little(sites):
    swedish = "Bär hunden i rulltrappan"
    alone = by_country(language.clues(reading(swedish), sites), sites)
    guests = by_country(language.clues(reading(swedish, "Dogs must be carried on the escalator"), sites), sites)
    assert max(guests, key=guests.get) == max(alone, key=alone.get) == "SE"


def test_a_language_of_a_region_points_there(sites):
    clues = language.clues(reading("Gossos lligats", "Prohibit el pas a tota persona aliena"), sites)
    rows = sum(clue.log_likelihood.astype(float) for clue in clues)
    data = gazetteer.read()
    mass = sites.weight * np.exp(rows - rows.max())
    states = np.bincount(sites.state[sites.state >= 0], mass[sites.state >= 0], len(data.states))
    assert data.states[int(states.argmax())] == "Catalonia"


def test_lines_of_a_language_make_one_clue_and_alternatives_are_named(sites):
    clues = language.clues(reading("Hund i snor", "Zakaz wstępu, teren prywatny", "Hund skal føres i snor"), sites)
    assert len(clues) == 2 and clues[0].lines == (0, 2)
    assert "Danish" in clues[0].says


@pytest.mark.parametrize("role", ["stamp", "watermark"])
def test_only_signs_count(sites, role):
    assert language.clues(reading(SENTENCES["German"], role=role), sites) == []


def test_lines_that_the_reader_is_unsure_of_do_not_count(sites):
    assert language.clues(reading(SENTENCES["German"], score=language.LEAST_SCORE - 0.01), sites) == []
    assert len(language.clues(reading(SENTENCES["German"], score=language.LEAST_SCORE), sites)) == 1


def test_three_letters_are_no_word_but_two_signs_of_chinese_are():
    assert language_scores.scores("Tel") is None and language_scores.scores("Hund") is not None
    assert language_scores.scores("停車") is not None


@pytest.mark.parametrize("text", ["", "12:30", "A", "www.example.org", "name@example.org", "-–—", "🐶🐶", "\x1b[31m"])
def test_no_words_no_clue(sites, text):
    assert language.clues(reading(text), sites) == []


def test_no_line_rules_a_place_out(sites):
    (clue,) = language.clues(reading(SENTENCES["Danish"]), sites)
    spread = clue.log_likelihood.max() - clue.log_likelihood.min()
    assert np.isfinite(clue.log_likelihood).all()
    assert (
        spread <= np.log((1 - language.FOREIGN) * len(language_scores.languages().codes) / language.FOREIGN + 1) + 0.01
    )


def test_long_text_is_cut():
    word = "hund "
    assert len(language_scores.words(word * 10_000)) == language_scores.MAX_CHARACTERS // len(word)


def test_a_page_of_hostile_text_gives_finite_clues(sites):
    odd = [
        "".join(chr(value) for value in np.random.default_rng(seed).integers(0x20, 0x3000, 400)) for seed in range(50)
    ]
    assert all(np.isfinite(clue.log_likelihood).all() for clue in language.clues(reading(*odd), sites))


def test_what_was_chosen():
    chosen = language.TEMPER, language.FOREIGN, language.LEAST_SCORE, language.NAMED
    assert chosen == (0.7, 0.02, 0.6, 0.15)
    assert (language_scores.WORDS, language_scores.UNKNOWN_WORD, language_scores.LETTERS_WEIGHT) == (10_000, 1e-7, 0.6)
