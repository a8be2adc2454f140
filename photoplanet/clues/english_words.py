"""English as it is written in different countries: spelling, and words for the same things.

Each table has ratios between the countries; `*` is the rest of the Earth, where English addresses visitors and is
British more often than American. Words that other languages also write are left out, unless a phrase holds them.
"""

_BRITISH = (
    "GB 1 IM 1 JE 1 GG 1 GI 1 IE .9 AU .6 NZ .6 ZA .6 IN .6 SG .6 HK .6 MT .8 KE .6 CA .12 US .03 PR .03 PH .1 * .4"
)
_ONLY_BRITAIN = "GB 1 IM .8 JE .6 GG .6 GI .5 IE .1 AU .03 NZ .03 US .01 CA .01 * .04"
_AMERICAN = "US 1 PR 1 CA .7 PH .7 GU 1 VI 1 AU .1 NZ .1 GB .03 IE .03 ZA .1 IN .15 JP .4 KR .4 TW .4 MX .4 * .2"
_ONLY_US = "US 1 PR .6 GU 1 VI 1 CA .06 PH .1 GB .01 IE .01 AU .01 NZ .01 * .04"
_COMMONWEALTH = "GB 1 IE 1 AU .8 NZ .8 ZA .5 IM 1 MT .4 IN .4 HK .2 SG .3 CA .15 US .02 * .15"

TABLE = (
    (_BRITISH, "car park, car parks, toilets, city centre, town centre, shopping centre, leisure centre, visitor "
    "centre, "
     "sports centre, health centre, medical centre, community centre, garden centre, colour, colours, neighbour, "
     "neighbours, favour, harbour, honour, behaviour, authorised, unauthorised, organisation, organised, recognised, "
     "licensed premises, litter, chemist, petrol, pavement, queue, please queue here, ground floor, postcode, take "
     "away, "
     "takeaway, tyre, tyres, kerb, jewellery, pedestrianised, cheque, lorry, lorries, rubbish, mobile phone, utilise, "
     "apologise, whilst, litter bin, no fouling, dog bin, fire exit keep clear, way out, push chairs, pushchairs"),
    ("GB 1 IE .9 IM 1 JE 1 GG 1 AU .6 NZ .7 ZA .8 SG .3 HK .2 US .03 CA .08 * .4", "on a lead, on leads, dogs on "
    "leads, "
     "dogs on lead, on lead, off a lead, on a short lead, on the lead, off the lead, off lead, dog on a lead"),
    ("US 1 CA 1 AU .35 NZ .15 GB .02 IE .03 PR 1 PH .5 ZA .1 * .4", "leash, leashed, on leash, on a leash, leash law, "
     "leashes, unleashed, off leash, off-leash, leash required, must be leashed"),
    (_AMERICAN, "parking lot, restroom, restrooms, visitor center, medical center, shopping center, community center, "
     "convention center, harbor, neighbor, neighborhood, behavior, authorized, unauthorized, organization, recognized, "
     "trash, trash can, gasoline, sidewalk, zip code, downtown, cell phone, cell phones, jewelry, elevator, vacation, "
     "trucks, drug store, drugstore, gas station, apologize, freeway, no trespassing, do not enter, city hall, blvd, "
     "pkwy, crosswalk, stroller, strollers, for sale by owner, yard sale, garage sale, pickup truck"),
    (_ONLY_US, "interstate, thru traffic, thru, violators will be prosecuted, violators will be towed, tow away zone, "
     "tow-away zone, county sheriff, school district, state park, state law, us post office, post office usps, usps, "
     "realtor, drive thru, drive-thru, xing, ped xing, no littering, national park service, township, owner's expense, "
     "at owner's expense, vehicle owner's expense, parking garage, homeowners association, adopt a highway, "
     "united states postal service, department of transportation, county line, walgreens, no outlet, city limit, "
     "right lane must turn right, no turn on red, national forest, state of california, state of texas"),
    (_ONLY_BRITAIN, "penalty charge notice, public footpath, public bridleway, bridleway, london borough, borough "
    "council, "
     "district council, parish council, city of westminster, nhs, high street, dual carriageway, no fly tipping, "
     "fly tipping, fixed penalty, public space protection order, public spaces protection order, dog fouling, "
     "polite notice, no cold callers, mayor for london, mayor of london, transport for london, national trust, "
     "english heritage, royal mail, ofsted, permit holders only, residents permit holders only, neighbourhood watch, "
     "metropolitan police, max fine, max penalty, maximum fine, maximum penalty, sainsbury's, greggs, hmrc, council "
     "tax, "
     "pay and display, pay & display, public house, mind the gap, off licence, off-licence"),
    (_COMMONWEALTH, "council, city council, county council, motorway, motorways, bank holiday, bank holidays, "
    "roundabout, "
     "zebra crossing, level crossing, estate agent, estate agents, fire brigade, give way, to let, cctv in operation"),
    ("IE 1 GB .01 * .01", "gardaí, an garda síochána, garda station, bruscar, slí amach, géill slí, an post, an lár, "
    "luas, "
     "co kerry, co cork, co galway, co dublin, baile átha cliath, comhairle, ceadúnas, go mall, county kildare"),
    ("AU 1 NZ 1 GB .05 US .02 * .06", "bottle shop, bottleshop, council rangers, milk bar, on-leash area, on leash "
    "area, "
     "off leash area, off-leash area, bbq area, swim between the flags, public barbecue"),
    ("AU 1 NZ .04 US .005 GB .005 * .01", "shire council, nsw, qld, bunnings, nature strip, boom gate, nsw government, "
     "queensland government, state government victoria, government of western australia, telstra, auspost, "
     "australia post, rsl, dan murphy's, wombats, kangaroos, koalas, city of sydney, city of melbourne"),
    ("NZ 1 AU .02 GB .004 US .004 * .01", "whānau, aotearoa, te papa atawhai, kia ora, haere mai, nau mai, wharepaku, "
     "motorcamp, tramping, pak'nsave, countdown supermarket, waka kotahi, auckland council"),
    ("ZA 1 NA .5 BW .4 GB .004 * .01", "armed response, braai, braais, slaghuis, drankwinkel, bottle store, no "
    "hooting, "
     "adt armed response, pick n pay, traffic circle, sanparks, saps, metro police"),
    ("IN 1 PK .4 BD .3 LK .3 NP .2 * .01", "horn please, horn ok please, pure veg, non veg, veg & non veg, godown, "
    "lakh, "
     "crore, nagar, marg, chowk, govt of india, govt of, bus stand, commit no nuisance, stick no bills, dhaba, "
     "std isd pco, trespassers will be prosecuted by order, wine shop, petrol pump, kirana"),
    ("SG 1 MY .2 HK .05 * .01", "hdb, mrt, ez-link, void deck, hawker centre, kopitiam, town council, no jaywalking"),
    ("CA 1 US .02 * .02", "washrooms, washroom, tim hortons, by-law no, city by-law, provincial park, parks canada, "
     "parcs canada, lcbo, petro-canada, canada post, canadian tire, hwy 401, regional municipality"),
    ("HK 1 MO .3 SG .1 * .01", "mtr, lcsd, leisure and cultural services department, leasing hotline, nullah"),
)  # fmt: skip
