"""Words beside a place name that say how the place is meant: its office, an address, a street, a shop, a distance.

All are written as `earth.place_names.fold` leaves them. Han and Kana, written without spaces, have tables of their own.
"""


def _row(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


CONNECTORS = _set(
    "d de del dels della dell delle degli di do da dos das des du of for the la le les l el al als a am an in i u v w "
    "na van von der den dem zu zum zur y e et und en og och and het s no"
)
# directly before a name, or with connectors between
OFFICE = _set(
    "ajuntament ayuntamiento concello udala municipio municipi municipalidad municipalidade alcaldia prefeitura "
    "intendencia gobierno governo comune comunita citta ville mairie commune metropole prefecture stadt "
    "landeshauptstadt hansestadt universitatsstadt gemeinde marktgemeinde kreisstadt landkreis kreis bezirk "
    "bezirksamt stadtverwaltung gemeente stad kommune kommunen kommun gmina miasto miasta urzad powiat starostwo "
    "mesto mesta obec obce magistrat grad grada opcina opcine opstina primaria municipiul orasul judetul comuna "
    "onkormanyzat kaupunki willkommen welcome bienvenue bienvenido bienvenidos benvenuti benvinguts bemvindo "
    "valkommen velkommen witamy vitejte dobrodosli gruss gruesse gruse greetings souvenir δημοσ μητροπολη город "
    "города администрация мэрия град община місто"
)
# before a name, with "of" or the like between
OFFICE_OF = _set(
    "city town village borough county mayor municipality state district parish port corporation government council "
    "ciudad cidade cidadania generalitat republic welcome"
)
INSTITUTION = _set(
    "universitat universidad universidade universite universita university universitet universiteit uniwersytet "
    "hochschule museum musee museo museu station bahnhof hauptbahnhof gare estacion estacio stazione estacao airport "
    "flughafen aeroport aeroporto aeropuerto lufthavn hafen port puerto porto harbour cathedral kathedrale dom bistum "
    "diocese police polizei policia polizia hospital klinikum zoo sparkasse volksbank stadtwerke bibliothek library "
    "metro tram bus theater theatre teatro opera stadion stadium college"
)
STREET = _set(
    "rue avenue ave boulevard bd place quai chemin route calle c cl av avenida avda plaza paseo carrer carretera ctra "
    "passeig placa rambla via viale corso piazza piazzale largo strada rua travessa praca ulica ul ulice al aleja "
    "aleje plac namesti trg strasse str platz straat laan улица ул проспект площадь площад οδοσ odos jalan jl duong "
    "pho thanon lebuh lorong soi"
)
BUSINESS = _set(
    "hotel hostel motel inn pension gasthof gasthaus boutique salon friseur coiffeur moda mode fashion style spa club "
    "casino cinema kino tienda store shop market since fc airlines airways travel tours reisen times post news gazette "
    "herald chronicle bank insurance versicherung motors auto apotheke pharmacy pharmacie farmacia"
)
FOOD = _set(
    "restaurant ristorante restaurante pizzeria pizza trattoria osteria bar cafe caffe coffee kaffee pub bistro "
    "brasserie imbiss kebab kebap doner grill sushi ramen bakery backerei baguette boulangerie patisserie burger "
    "chicken duck steak beer bier wine weinhaus taste menu salat salami schnitzel wurst sauce soup curry tea tee "
    "kitchen kuche cuisine cocina cucina food noodle noodles pho juice saft "
    "zumo milk"
)
ORIGIN = _set(
    "made product produce produced imported import hergestellt fabrique prodotto produit hecho fabricado producto "
    "produkt fabricat tillverkad fremstillet"
)
# directly after a name
OFFICE_AFTER = _set(
    "stad stads kommun kommuns kommune kommunes kaupunki kaupungin kunta kunnan council county borough belediyesi "
    "valiligi buyuksehir onkormanyzat varosa varos megye vald linnavalitsus linn savivaldybe pasvaldiba dome city "
    "township municipality municipal shi lan regionen district metropolitan govt government"
)
INSTITUTION_AFTER = _set(
    "university universitet universitetssykehus universitesi college museum station airport lufthavn flygplats "
    "lentoasema havalimani port harbour police polis politi polisen public hospital zoo hbf hauptbahnhof bahnhof "
    "messe arena stadium library cathedral fire transit metro subway ferry school high elementary central "
    "centralstation zentrum centrum sentrum centre center nord sud ost west sodra norra ostra vastra"
)
STREET_AFTER = _set(
    "strasse str straat street st road rd avenue ave av lane ln drive dr way boulevard blvd gata gatan gade vej vei "
    "vegen vagen platz allee ring damm ufer weg laan plein katu tie utca ut utja ulica ulice caddesi cad sokak square "
    "sq terrace highway hwy expressway parkway pike quay cesta trg"
)
# a word of its own and the end of a compound: "Stockholmsvägen", "Malmöhamnen"
JOINED_STREET = _row(
    "strasse strase str straat gatan gata gade vagen vegen vej vei veg laan weg platz plein allee brucke damm ufer "
    "torg torv katu utca"
)
JOINED_INSTITUTION = _row(
    "kommun kommune stad stads bahnhof flughafen messe hamnen hamn havnen havn station centralstation universitet "
    "sjukhus sykehus sygehus bibliotek zoo arena strandpark parken park kirke kyrka energi"
)
# one sign or more right behind a name in Han, Kana or Hangul
OFFICE_SIGNS = _row("市 区 區 县 縣 町 村 県 省 州 都 府 郡 시 구 군 도")
INSTITUTION_SIGNS = _row(
    "駅 站 大学 大學 医院 醫院 病院 空港 机场 機場 公园 公園 博物馆 博物館 銀行 银行 警察 地铁 地鐵 "
    "図書館 城 港 역 대학교 공항"
)
STREET_SIGNS = _row("路 街 通り 大道 道 巷 大街 로 길")
FOOD_SIGNS = _row("飯店 饭店 酒店 料理 ラーメン 拉面 拉麵 小吃 菜 烤鴨 烤鸭 風 味 食堂 楼 樓 店 屋")
# codes behind a comma or before a postcode, and the state of the gazetteer that each stands for
_UNITED_STATES = (
    "AL=Alabama;AK=Alaska;AZ=Arizona;AR=Arkansas;CA=California;CO=Colorado;CT=Connecticut;DE=Delaware;FL=Florida;"
    "GA=Georgia;HI=Hawaii;ID=Idaho;IL=Illinois;IN=Indiana;IA=Iowa;KS=Kansas;KY=Kentucky;LA=Louisiana;ME=Maine;"
    "MD=Maryland;MA=Massachusetts;MI=Michigan;MN=Minnesota;MS=Mississippi;MO=Missouri;MT=Montana;NE=Nebraska;NV=Nevada;"
    "NH=New Hampshire;NJ=New Jersey;NM=New Mexico;NY=New York;NC=North Carolina;ND=North Dakota;OH=Ohio;OK=Oklahoma;"
    "OR=Oregon;PA=Pennsylvania;RI=Rhode Island;SC=South Carolina;SD=South Dakota;TN=Tennessee;TX=Texas;UT=Utah;"
    "VT=Vermont;VA=Virginia;WA=Washington;WV=West Virginia;WI=Wisconsin;WY=Wyoming"
)
STATE_CODES = {code: ("US", state) for code, state in (item.split("=") for item in _UNITED_STATES.split(";"))} | {
    "ON": ("CA", "Ontario"), "QC": ("CA", "Quebec"), "BC": ("CA", "British Columbia"), "AB": ("CA", "Alberta"),
    "NSW": ("AU", "New South Wales"), "VIC": ("AU", "Victoria"), "QLD": ("AU", "Queensland"), "TAS": ("AU", "Tasmania"),
}  # fmt: skip
# words that are no names themselves, though towns are called so
BESIDE = CONNECTORS | OFFICE | OFFICE_OF | STREET | BUSINESS | FOOD | ORIGIN | OFFICE_AFTER | STREET_AFTER
