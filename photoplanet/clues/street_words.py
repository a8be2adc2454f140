"""Words of streets and of the signs in them, where they tell countries apart: "calle", "-gade", "ALTO", "sens unique".

Much of what they say is their language, which is a clue of its own: so they are rated low, and capped low.
"""

from collections.abc import Iterator

from photoplanet.clues import by_country
from photoplanet.clues.by_country import Sight, ratios
from photoplanet.clues.clue import Clue
from photoplanet.clues.plain_text import plain, words
from photoplanet.clues.word_groups import Finder, greatest
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 8.0  # bits
RELIABILITY, SUFFIX_RELIABILITY = 0.6, 0.65
LEAST_STEM = 3  # letters before a suffix
_SPANISH = ("ES 1 MX 1 AR 1 CL 1 CO 1 PE 1 UY 1 EC 1 BO 1 PY 1 VE 1 CR 1 PA 1 GT 1 HN 1 NI 1 SV 1 DO 1 CU 1 PR .8 "
            "US .015 AD .2 GQ .5 GI .1 PH .01")  # fmt: skip
_GERMAN = "DE 1 AT 1 CH .6 LI 1 LU .1 IT/Trentino-Alto_Adige .5 BE .01"
_FRENCH = "FR 1 BE .4 CH .25 LU .6 MC 1 CA .18 CA/Quebec .9 MA .3 TN .3 DZ .2 SN .6 CI .6 RE 1 GP 1 MQ 1 GF 1 NC .8 " \
    "PF .6 LB .1 IT/Aosta_Valley .2 CH/Geneva .9 CH/Vaud .9"  # fmt: skip
# what a sign says that says nothing else
ALONE = {
    "alto": "MX 1 GT 1 CR 1 HN 1 SV 1 NI 1 PA 1", "pare": "BR 1 AR 1 CL 1 CO 1 PE 1 UY 1 EC 1 BO 1 PY 1 VE 1 DO 1 CU 1 "
    "PR 1 ES .01 PT .02", "arrêt": "CA .1 CA/Quebec 1 FR .004", "arret": "CA .1 CA/Quebec 1 FR .004", "arrêt stop":
    "CA/Quebec 1 CA .1", "dur": "TR 1", "berhenti": "MY 1 BN 1 ID .02", "stop": "MX .02 CR .02 GT .02 PA .02 TR .05 BR "
    ".03 AR .05 CL .05 CO .05 PE .05 EC .05 VE .03 UY .05 CN .05 JP .1 MY .05 CA/Quebec .2 * 1", "ยุด": "TH 1",
    "停": "CN 1 TW 1",
    "قف": "SA 1 AE 1 EG 1 MA 1 JO 1 KW 1 OM 1 QA 1 BH 1 TN 1 DZ 1 LB .3", "עצור": "IL 1",
}  # fmt: skip
# what a line begins with
FIRST = {
    "via": "IT 1 SM 1 VA .5 CH/Ticino .7 CH .02 * .01", "corso": "IT 1 * .02", "place": _FRENCH + " * .02", "largo":
    "PT 1 IT .5 BR .4 * .03", "piazza": "IT 1 SM 1 CH/Ticino .5 * .02", "ul.": "PL 1 HR .4 SI .2 BA .3 RS .1 * .01",
    "al.":
    "PL 1 * .2", "c/": "ES 1 AD .3", "av.": "BR 1 ES .3 PT .7 MX .7 AR .7 FR .4 PE .8 CL .7 CO .3 BO .8 BE .2 "
    "CA/Quebec .5",
    "avda.": "ES 1 CL .5 AR .3 PY .5", "jr.": "PE 1", "cra.": "CO 1", "cll.": "CO 1", "jl.": "ID 1", "jln.": "MY 1 "
    "ID .4",
    "str.": "DE 1 RO 1 AT .3 CH .3 MD .3 LT .05", "col.": "MX 1", "r.": "PT 1 BR 1", "g.": "LT 1",
}  # fmt: skip
WORDS = (
    (_SPANISH, "calle, avenida, avda, plaza, paseo, carretera, ctra, camino, salida, entrada prohibida, farmacia de "
     "guardia, ayuntamiento, policía, policia local, escuela, sentido único, prohibido el paso, prohibido estacionar"),
    ("ES 1 AD .3 GI .05", "glorieta, ayuntamiento, calle peatonal, zona azul, vado permanente, guardia civil, aseos, "
     "estanco, correos y telégrafos, comunidad autónoma, comunidad de propietarios, ordenanza municipal, prohibido "
     "aparcar"),
    ("MX 1 GT .3 HN .2 SV .2", "glorieta vehicular, delegación, alcaldía, topes, vulcanizadora, "
     "tianguis, no estacionarse, caseta de cobro, carretera federal"),
    ("AR 1 UY .6 PY .3", "kiosco, vereda, intendencia, no estacionar, peaje, partido de, subte, ruta nacional"),
    ("CO 1 VE .3 EC .2", "alcaldía mayor, droguería, tienda de barrio"),
    ("PE 1", "jirón, municipalidad distrital, botica"),
    ("CL 1", "carabineros, carabineros de chile, pasaje peatonal, ilustre municipalidad"),
    ("CA .1 CA/Quebec 1 FR .004", "arrêt, arret stop, arrêt stop"),
    ("TR 1", "sokak, sokağı, cadde, caddesi, bulvarı, mahallesi, belediyesi, eczane, çıkış, giriş, "
     "polis merkezi, tek yön, girilmez, park yapılmaz"),
    ("ES/Catalonia 1 ES/Balearic_Islands .7 ES/Valencia .4 AD .8 ES .01", "carrer, plaça, passeig, avinguda, "
     "ajuntament, platja, sortida, entrada lliure, farmàcia, rambla, guàrdia urbana, mossos d'esquadra, prohibit el "
     "pas"),
    ("ES/Galicia 1 PT .4 BR .1", "rúa, praza, concello, saída, praia, xunta de galicia"),
    ("ES/Basque_Country 1 ES/Navarre .4 FR/Nouvelle-Aquitaine .03", "kalea, etorbidea, udala, hondartza, "
     "irteera, sarrera, udaltzaingoa, ertzaintza, komunak"),
    ("PT 1 BR 1 AO .6 MZ .6 CV .6 MO .3", "rua, travessa, avenida da, avenida do, praça, saída, entrada proibida, "
     "farmácia, escola, polícia, sentido proibido, proibido estacionar"),
    ("PT 1 AO .1 MZ .1 CV .1", "câmara municipal, junta de freguesia, calçada, rossio, praceta, urbanização, "
     "estacionamento proibido, parque de estacionamento, guarda nacional republicana, multibanco, freguesia de"),
    ("BR 1", "prefeitura, prefeitura municipal, rodovia, bairro, viaduto, polícia militar, lanchonete, "
     "banheiro, proibido estacionar, drogaria, orelhão, delegacia, mão única, lombada"),
    (_FRENCH, "rue, boulevard, bd, allée, impasse, quai, chemin, sortie, sens unique, sens interdit, mairie, "
     "école, pharmacie, gare, défense d'entrer, propriété privée, toutes directions, autres directions, rappel"),
    ("FR 1 RE 1 GP 1 MQ 1 GF 1 MC .2", "mairie, préfecture, hôtel de ville, toutes directions, autres directions, "
     "déchetterie, rappel, gendarmerie nationale, zone bleue, horodateur, conseil général, conseil départemental, la "
     "poste"),
    ("BE 1 LU .3", "maison communale, commune de, gemeentehuis, rijbaan, chaussée, steenweg, uitgezonderd plaatselijk "
     "verkeer, excepté circulation locale, politiezone, stad antwerpen, ville de bruxelles, stad brussel"),
    ("NL 1 BE .35 SR .5", "straat, laan, plein, kade, singel, uitrit, uitgang, ingang, verboden toegang, "
     "apotheek, gemeentehuis, fietsers, fietspad, eenrichtingsverkeer, niet parkeren, doorgaand verkeer"),
    ("NL 1", "gemeente amsterdam, verboden toegang art 461 wetb v strafr, art 461 wetboek van strafrecht, uitrit "
     "vrijlaten, rijkswaterstaat, waterschap, hoogheemraadschap, wegafsluiting, woonerf, pinnen, politie"),
    (_GERMAN, "straße, platz, gasse, einbahnstraße, ausfahrt, einfahrt, ausgang, eingang, umleitung, rathaus, "
     "apotheke, schule, bahnhof, parkplatz, durchfahrt verboten, zutritt verboten, betreten verboten, privatweg"),
    ("DE 1", "einbahnstraße, ordnungsamt, feuerwehrzufahrt, anlieger frei, landratsamt, kreisstraße, sparkasse, "
     "stadtverwaltung, parkscheibe, landeshundegesetz, naturschutzgebiet, autobahn, eltern haften für ihre kinder"),
    ("AT 1", "einbahn, gemeindeamt, bezirkshauptmannschaft, kurzparkzone, anrainer, ausgenommen anrainer, magistrat, "
     "trafik, marktgemeinde, landesstraße, fahrverbot ausgenommen"),
    ("CH 1 LI .5", "gemeindehaus, kantonspolizei, gemeindeverwaltung, fussgänger, strasse, zubringerdienst gestattet, "
     "privatstrasse, richterliches verbot, gerichtliches verbot, fahrverbot zubringer"),
    ("IT 1 SM 1 VA .5 CH/Ticino .7 CH .02", "viale, piazza, piazzale, vicolo, uscita, ingresso, entrata, "
     "senso unico, divieto di accesso, divieto di sosta, farmacia, scuola, stazione, strada privata, vietato"),
    ("IT 1 SM .5", "comune di, carabinieri, polizia municipale, polizia locale, passo carrabile, tabacchi, "
     "zona traffico limitato, ztl, sottopasso, lungomare, vigili urbani, questura"),
    ("CH/Ticino 1 CH .02", "autosilo, municipio di, divieto di parcheggio, cantone ticino, posteggio"),
    ("DK 1 FO .2 GL .2", "gade, vej, stræde, torv, plads, allé, indgang, udgang, ensrettet, rådhus, apotek, skole, "
     "kommune, adgang forbudt, privat grund, politi, parkering forbudt, udkørsel, indkørsel"),
    ("NO 1 SJ 1", "gata, vei, veien, plass, inngang, utgang, enveiskjørt, rådhus, apotek, skole, kommune, "
     "adgang forbudt, privat vei, politi, bomvei, innkjøring forbudt, parkering forbudt, utkjøring, gjelder"),
    ("SE 1 AX .5 FI .04", "gata, gatan, väg, vägen, torg, plats, ingång, utgång, enkelriktat, rådhus, apotek, "
     "kommun, tillträde förbjudet, enskild väg, polis, parkering förbjuden, utfart, infart, stadsdelsförvaltning, "
     "stad"),
    ("FI 1", "katu, kuja, yksityisalue, apteekki, koulu, poliisi, kaupunki, läpiajo kielletty, "
     "pysäköinti kielletty, rautatieasema, sisäänkäynti, uloskäynti, kunta, sisään"),
    ("IS 1", "gata, vegur, stígur, inngangur, útgangur, apótek, lögregla, skóli, bær, einstefna, bílastæði"),
    ("PL 1", "ulica, aleja, plac, rynek, wyjście, wejście, apteka, szkoła, policja, urząd miasta, gmina, "
     "zakaz wjazdu, zakaz parkowania, teren prywatny, dworzec, przystanek, nie dotyczy"),
    ("CZ 1 SK .25", "ulice, náměstí, nám, třída, tř, nádraží, lékárna, škola, policie, městský úřad, vchod, východ, "
     "vjezd, zákaz vjezdu, obecní úřad, průjezd zakázán, jednosměrná, dopravní obsluze"),
    ("SK 1 CZ .1", "námestie, ulica, trieda, lekáreň, škola, polícia, mestský úrad, obecný úrad, výjazd, vjazd, "
    "stanica"),
    ("HU 1 RO/Harghita_County .5 RO/Covasna_County .5 RS .01 SK .01", "utca, útja, tér, körút, krt, köz, kijárat, "
     "bejárat, gyógyszertár, iskola, rendőrség, önkormányzat, pályaudvar, behajtani tilos, egyirányú, kivéve, sétány"),
    ("SI 1", "ulica, trg, občina, lekarna, šola, izhod, vhod, policija, železniška postaja, prepovedano"),
    ("HR 1 BA .5 ME .3 RS .2", "ulica, trg, obala, općina, ljekarna, škola, izlaz, policija, "
     "kolodvor, zabranjeno, županija, plaža"),
    ("RS 1 BA .3 ME .5", "ulica, bulevar, trg, opština, apoteka, škola, izlaz, policija, stanica, улица, булевар, "
     "општина, апотека, школа, излаз, улаз, полиција"),
    ("RO 1 MD .6", "strada, bulevardul, bd-ul, piața, calea, șoseaua, ieșire, intrare, farmacie, școala, poliția, "
     "primăria, aleea, splaiul, intrarea, interzis"),
    ("BG 1 MK .1", "улица, ул, бул, площад, пл, аптека, училище, полиция, община, изход, вход, гара, забранено, "
     "паркирането забранено"),
    ("RU 1 BY .5 KZ .4 UA .2 KG .4", "улица, ул, проспект, пр-т, пр, площадь, пл, переулок, пер, шоссе, аптека, школа, "
     "полиция, администрация, выход, вход, вокзал, запрещено, набережная, проезд, въезд запрещен"),
    ("UA 1", "вулиця, вул, площа, провулок, бульвар, аптека, школа, поліція, вихід, вхід, вокзал, заборонено, міська "
    "рада"),
    ("GR 1 CY .6", "οδός, οδος, λεωφόρος, πλατεία, έξοδος, είσοδος, φαρμακείο, σχολείο, αστυνομία, δήμος, odos, "
    "leoforos, "
     "plateia, exodos, farmakeio, δημοσ, απαγορεύεται, stasi"),
    ("EE 1", "tänav, puiestee, mnt, maantee, väljak, apteek, politsei, linnavalitsus, väljapääs"),
    ("LV 1", "iela, prospekts, laukums, aptieka, policija, pašvaldība, izeja, ieeja, ielas"),
    ("LT 1", "gatvė, gatvės, prospektas, aikštė, vaistinė, mokykla, policija, savivaldybė, išėjimas, įėjimas"),
    ("AL 1 XK .8", "rruga, bulevardi, sheshi, farmaci, shkolla, policia, bashkia, hyrje, ndalohet"),
    ("GE 1", "ქუჩა, გამზირი, აფთიაქი, სკოლა, პოლიცია"),
    ("VN 1", "đường, phố, ngõ, phường, quận, nhà thuốc, trường, công an, cấm, lối ra, lối vào, ủy ban nhân dân"),
    ("ID 1 MY .05", "jalan raya, rumah sakit, apotek, sekolah, polisi, dilarang, keluar, masuk, kecamatan, "
     "kelurahan, kabupaten, warung, kantor, bandara"),
    ("MY 1 BN .8 SG .05 ID .1", "jalan, lorong, persiaran, lebuh, lebuhraya, farmasi, sekolah, balai polis, "
     "dilarang, keluar, masuk, hospital kerajaan, majlis perbandaran, beri laluan, berhenti"),
    ("PH 1", "barangay, brgy, sari-sari, bawal, kalye, poblacion, munisipyo"),
    ("JP 1", "一時停止, 止まれ, 止まって, 徐行, 出口専用, "
     "交番, 市役所, 駐車場, 駐輪場, 通り, 丁目, 番地, 公園案内所, 立入禁止, 駐車禁止, 薬局, お手洗, 県道, 国道"),
    ("CN 1 SG .05 MY .03", "停车场, 停车, 派出所, 公安局, 人民政府, 药店, 学校, "
     "路口, 卫生间, 洗手间, 禁止停车, 街道, 大街, 单行, 号院, 小区, 社区"),
    ("TW 1 HK .4 MO .4", "停車場, 派出所, 警察局, 市政府, 藥局, 捷運, 化妝室, "
     "禁止停車, 機車, 里辦公處, 國小, 路段, 縣道, 省道, 停車格"),
    ("HK 1 MO .3", "泊車, 停車場入口, 差館, 港鐵, 巴士站, 康樂及文化事務署, "
     "食物環境衞生署, 邨, 不准泊車, 洗手間, 的士"),
    ("KR 1", "출구, 입구, 약국, 학교, 경찰서, 파출소, 시청, 구청, "
     "주차장, 주차금지, 일방통행, 화장실, 정류장, 관리사무소"),
    ("TH 1", "ถนน, ซอย, ทางออก, ทางเข้า, ห้ามจอด, โรงเรียน, สถานีตำรวจ, ร้านขายยา, ห้องน้ำ, หยุด"),
)  # fmt: skip
# endings of street names, with at least three letters before them
SUFFIXES = (
    ("DE 1 AT 1 LU .3 IT/Trentino-Alto_Adige .6 BE .01", "straße"), ("CH 1 LI 1 DE .12 AT .05 LU .1", "strasse"),
    ("DE 1 AT .9 CH .3", "platz, gasse, brücke"), ("AT 1 DE .3 CH .5", "gasse"), ("DK 1", "gade, stræde, vej, vænget, "
    "torvet, pladsen"), ("NO 1", "gata, gaten, veien, vegen, plassen, torget"), ("SE 1 AX .3 FI .05",
    "gatan, vägen, torget, gränd, platsen"), ("FI 1", "katu, kuja, polku, aukio, puisto, kaari"),
    ("NL 1 BE .4 SR .5", "straat, laan, plein, dijk, singel, kade"), ("NL 1 BE .05", "gracht"),
    ("NL 1 BE .05", "gracht"), ("BE 1 NL .01", "steenweg"), ("IS 1", "gata, vegur, stræti, braut"), ("EE 1", "tänav"),
)  # fmt: skip
_NOT_STREETS = ("peringatan",)  # Indonesian: a warning
_FINDER = Finder(WORDS, RELIABILITY)
_ENDINGS = tuple(dict.fromkeys(ending for _, some in SUFFIXES for ending in some.split(", ")))
_SUFFIXES = {
    ending: greatest([ratios(text) for text, some in SUFFIXES if ending in some.split(", ")]) for ending in _ENDINGS
}


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """One clue, of all words together.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("Nyelandsvej", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [clue.says for clue in clues(Reading((line,), 640, 480), ground.read())]
    ['Nyelandsvej: Denmark']
    """
    return by_country.joined("street word", _sights(reading), reading, ground, CAP)


def _sights(reading: Reading) -> Iterator[Sight]:
    yield from _FINDER.sights(reading)
    for row, line in enumerate(reading.lines):
        text = plain(line.text)
        found = words(text)
        whole = " ".join(found).casefold()
        if whole in ALONE:
            yield Sight(f"alone {whole}", whole, row, ratios(ALONE[whole]), RELIABILITY)
        first = text.partition(" ")[0].casefold()
        if first in FIRST and (text[:1].isupper() or not first.isalpha()) and len(found) > 1 and found[1][:1].isupper():
            yield Sight(f"first {first}", " ".join(found[:2]), row, ratios(FIRST[first]), RELIABILITY)
        for word in found:
            if not word[:1].isupper() or not word.lower().endswith(_ENDINGS):
                continue
            for ending, places in _SUFFIXES.items():
                if _ends(word, ending):
                    yield Sight(f"-{sorted(places)}", word, row, places, SUFFIX_RELIABILITY)


def _ends(word: str, ending: str) -> bool:
    """Whether a name has the ending and enough before it; STRASSE may be how capitals write "straße"."""
    lower = word.lower()
    shouted = ending == "strasse" and word == word.upper()
    long = len(lower) - len(ending) >= LEAST_STEM
    return long and lower.endswith(ending) and lower not in _NOT_STREETS and not shouted
