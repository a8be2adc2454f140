"""Varieties of one language as evidence: lead or leash, Jänner, aparcamiento or estacionamiento, ônibus or autocarro.

What is compared are the countries of a language, not the language with others: elsewhere (`*`) such words are rated in
between, so that a word that another language also has does little.
"""

from photoplanet.clues import by_country, english_words
from photoplanet.clues.clue import Clue
from photoplanet.clues.word_groups import Finder
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 7.0  # bits
RELIABILITY = 0.7
GERMAN = (
    ("AT 1 IT/Trentino-Alto_Adige .2 DE .01 CH .005 * .1", "jänner, feber, trafik, marille, marillen, paradeiser, "
    "topfen, "
     "erdäpfel, sackerl, jause, fleischhauer, heuriger, wiener linien, öbb, magistratsabteilung, gehsteig, "
     "kundmachung, "
     "hundezone, tabak trafik, kurzparkzone, beisl, schanigarten, bundesforste, halten und parken verboten ausgen"),
    ("CH 1 LI .8 DE .01 AT .01 * .1", "velo, velos, velofahrer, veloweg, parkieren, parkiert, parkieren verboten, "
    "grüezi, "
     "natel, sbb, kehricht, kehrichtsack, robidog, umtriebsentschädigung, gipfeli, znüni, grillieren, fussweg, "
     "fussgängerzone, richterliches verbot, gerichtliches verbot, kantonspolizei, stadtpolizei zürich, abfallsäcke, "
     "strassenverkehrsamt, zutritt für unbefugte verboten bei, gemeindepräsident, tramhaltestelle, postauto"),
    ("DE 1 LU .1 AT .02 CH .01 * .1", "rewe, edeka, tüv, landeshauptstadt, oberbürgermeister, oberbürgermeisterin, "
     "landkreis, verbandsgemeinde, bürgeramt, stadt köln, kindertagesstätte, kita, ordnungsamt, landeshundegesetz, "
     "die oberbürgermeisterin, der oberbürgermeister, pfandbecher, späti, freistaat, hundefreilauffläche, nsg, "
     "bürgersteig, gehwegreinigung, straßenverkehrsordnung, landesforst, feuerwehrzufahrt, landratsamt, "
     "einwohnermeldeamt"),
)  # fmt: skip
SPANISH = (
    ("ES 1 AD .3 GI .05 MX .02 AR .02 CO .02 CL .03 PE .03 * .1", "aparcamiento, aparcar, aparcamientos, coche, "
    "coches, "
     "ordenador, zumo, zumos, vosotros, vuestra, vuestro, vuestros, recoged, no piséis, gasóleo, melocotón, aseos, "
     "portero automático, prohibido aparcar, ayuntamiento, estanco, bocadillos, bocadillo, vado permanente, guardia "
     "civil, "
     "ordenanza municipal, comunidad de propietarios, respetad, cuidad, chiringuito"),
    ("MX .9 AR 1 CL 1 CO 1 PE 1 UY 1 EC 1 CR 1 VE 1 BO 1 PY 1 PA 1 DO 1 GT 1 ES .03 US .05 PR .8 CU .6 * .1",
     "estacionamiento, estacionamientos, computadora, computadoras, celular, celulares, jugos, boletería, "
     "arriendo, carros, no estacionar, prohibido estacionar, alquiler de carros"),
    ("MX 1 GT .2 US .02 * .06", "banqueta, alberca, elotes, tortillería, tlapalería, estacionómetro, se renta, oxxo, "
    "pemex, "
     "refaccionaria, abarrotes, no tirar basura, cdmx, gobierno de méxico, vulcanizadora, no estacionarse, camiones"),
    ("AR 1 UY .5 PY .2 * .06", "colectivo, colectivos, subte, tenés, podés, cuidá, respetá, no pisés, alquilo, nafta, "
     "remis, remises, gomería, cochera, cocheras, vereda, choripán, no arroje basura, kiosco, kioscos, hacé, vení, "
     "mirá"),
    ("CL 1 * .06", "bencina, bencinera, completos, se arrienda, copec, no botar basura, carabineros, carabineros de "
    "chile, "
     "ilustre municipalidad, marraqueta, sernatur, conaf"),
    ("CO 1 EC .1 VE .1 * .06", "parqueadero, parqueaderos, celador, transmilenio, droguería, parquear, no parquear, "
     "cigarrería, minutos a celular, sancocho, alcaldía mayor, prohibido parquear"),
    ("PE 1 BO .2 * .06", "botica, boticas, chifa, chifas, grifo, cevichería, serenazgo, inkafarma, picantería, "
    "mototaxi, "
     "municipalidad distrital, jirón, prohibido miccionar"),
    ("CR 1 NI .1 PA .05 * .06", "pulpería, pura vida, parqueo, ebais"),
)  # fmt: skip
PORTUGUESE = (
    ("PT 1 AO .4 MZ .4 CV .4 BR .01 * .1", "autocarro, autocarros, comboio, comboios, casa de banho, casas de banho, "
     "telemóvel, telemóveis, pequeno-almoço, frigorífico, passadeira, talho, peões, paragem, bilheteira, ecrã, "
     "multibanco, "
     "junta de freguesia, câmara municipal, contentor, trela, trelas, coima, coimas, eléctrico, rés-do-chão, gelados, "
     "utente, utentes, parque de estacionamento, estacionamento proibido, praceta"),
    ("BR 1 PT .01 * .08", "ônibus, trem, banheiro, banheiros, café da manhã, sucos, geladeira, faixa de pedestres, "
    "açougue, "
     "pedestre, pedestres, ponto de ônibus, prefeitura, coleira, sorvetes, sorveteria, lanchonete, aluga-se, caminhão, "
     "caminhões, você, vocês, cnpj, metrô, chopp, rodízio, não jogue lixo, proibido estacionar, rodovia"),
)  # fmt: skip
FRENCH = (
    ("CA .2 CA/Quebec 1 CA/New_Brunswick .6 FR .01 BE .01 CH .01 * .06", "dépanneur, traversier, fin de semaine, "
     "magasinage, courriel, chien en laisse, chiens en laisse, ville de montréal, ville de québec, saq, desjardins, "
     "cégep, "
     "zone de remorquage, remorquage à vos frais, pourvoirie, rue barrée, vente de garage, société des alcools, sépaq"),
    ("BE 1 CH .9 LU .2 CD .5 FR .02 * .05", "septante, nonante"), ("CH 1 FR .01 BE .01 * .05", "huitante"),
    ("BE 1 LU .1 FR .01 CH .005 * .06", "bourgmestre, friterie, maison communale, échevin, bpost, stib, région "
    "wallonne, "
     "sncb, uniquement riverains, excepté bus, administration communale, excepté circulation locale, kot à louer"),
    ("CH .2 CH/Geneva 1 CH/Vaud 1 CH/Neuchâtel 1 CH/Fribourg .6 CH/Valais .7 CH/Jura 1 FR .01 BE .005 * .06",
     "police cantonale, cff, parcage, parquer, mise à ban, bordiers autorisés, canton de vaud, ville de genève, "
     "ville de lausanne, tea-room, natel, mise à l'enquête"),
    ("FR 1 MC .4 RE .8 GP .8 MQ .8 GF .8 BE .05 CH .04 CA .02 * .08", "mairie, sncf, ratp, préfecture, horodateur, "
    "tabac, "
     "déchèterie, arrêté municipal, arrêté préfectoral, edf, ville de paris, carrefour city, monoprix, gendarmerie "
     "nationale, "
     "conseil départemental, code pénal, la poste, hôtel de ville, toutes directions"),
)  # fmt: skip
_FINDERS = {
    "English": Finder(english_words.TABLE, RELIABILITY),
    "German": Finder(GERMAN, RELIABILITY),
    "Spanish": Finder(SPANISH, RELIABILITY),
    "Portuguese": Finder(PORTUGUESE, RELIABILITY),
    "French": Finder(FRENCH, RELIABILITY),
}


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue per language of which a reading has words that only some of its countries use.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("An Garda Síochána", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [clue.says for clue in clues(Reading((line,), 640, 480), ground.read())]
    ['an garda síochána: Ireland']
    """
    return [
        clue
        for name, finder in _FINDERS.items()
        for clue in by_country.joined(f"variety of {name}", finder.sights(reading), reading, ground, CAP)
    ]
