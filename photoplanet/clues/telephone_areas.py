"""Where a telephone number is within its country: area codes that stand for states of the gazetteer.

North America by the lists of the NANP's administrator (overlays up to 2024); elsewhere the codes of large towns, or the
zones that the first digits stand for. The national prefix (0) is left out.
"""

from functools import cache

from photoplanet.clues import by_country

NORTH_AMERICA = {
    "US": {
        "Alabama": "205 251 256 334 659 938", "Alaska": "907", "Arizona": "480 520 602 623 928",
        "Arkansas": "479 501 870 327",
        "California": "209 213 279 310 323 341 350 408 415 424 442 510 530 559 562 619 626 628 650 657 661 669 707 714 "
        "747 760 805 818 820 831 840 858 909 916 925 949 951", "Colorado": "303 719 720 970 983",
        "Connecticut": "203 475 860 959", "Delaware": "302", "District of Columbia": "202 771",
        "Florida": "239 305 321 352 386 407 448 561 645 656 689 727 728 754 772 786 813 850 863 904 941 954",
        "Georgia": "229 404 470 478 678 706 762 770 912 943", "Hawaii": "808", "Idaho": "208 986",
        "Illinois": "217 224 309 312 331 447 464 618 630 708 730 773 779 815 847 861 872",
        "Indiana": "219 260 317 463 574 765 812 930", "Iowa": "319 515 563 641 712", "Kansas": "316 620 785 913",
        "Kentucky": "270 364 502 606 859", "Louisiana": "225 318 337 504 985", "Maine": "207",
        "Maryland": "227 240 301 410 443 667", "Massachusetts": "339 351 413 508 617 774 781 857 978",
        "Michigan": "231 248 269 313 517 586 616 679 734 810 906 947 989",
        "Minnesota": "218 320 507 612 651 763 952 924", "Mississippi": "228 601 662 769",
        "Missouri": "235 314 417 557 573 636 660 816 975", "Montana": "406", "Nebraska": "308 402 531",
        "Nevada": "702 725 775", "New Hampshire": "603", "New Jersey": "201 551 609 640 732 848 856 862 908 973",
        "New Mexico": "505 575",
        "New York": "212 315 329 332 347 363 516 518 585 607 624 631 646 680 716 718 838 845 914 917 929 934",
        "North Carolina": "252 336 472 704 743 828 910 919 980 984", "North Dakota": "701",
        "Ohio": "216 220 234 283 326 330 380 419 436 440 513 567 614 740 937",
        "Oklahoma": "405 539 572 580 918", "Oregon": "458 503 541 971",
        "Pennsylvania": "215 223 267 272 412 445 484 570 582 610 717 724 814 835 878",
        "Rhode Island": "401", "South Carolina": "803 821 839 843 854 864", "South Dakota": "605",
        "Tennessee": "423 615 629 731 865 901 931",
        "Texas": "210 214 254 281 325 346 361 409 430 432 469 512 682 713 726 737 806 817 830 832 903 915 936 940 945 "
        "956 972 979", "Utah": "385 435 801", "Vermont": "802",
        "Virginia": "276 434 540 571 686 703 757 804 826 948", "Washington": "206 253 360 425 509 564",
        "West Virginia": "304 681", "Wisconsin": "262 274 353 414 534 608 715 920", "Wyoming": "307",
    },
    "CA": {
        "Alberta": "368 403 587 780 825", "British Columbia": "236 250 257 604 672 778", "Manitoba": "204 431 584",
        "New Brunswick": "506 428", "Newfoundland and Labrador": "709 879", "Nova Scotia": "902 782",
        "Ontario": "226 249 289 343 365 382 416 437 519 548 613 647 683 705 742 753 807 905 942",
        "Quebec": "263 354 367 418 438 450 468 514 579 581 819 873", "Saskatchewan": "306 474 639", "Yukon": "867",
    },
    "PR": {"": "787 939"}, "DO": {"": "809 829 849"}, "JM": {"": "876 658"}, "BS": {"": "242"}, "BB": {"": "246"},
    "TT": {"": "868"}, "BM": {"": "441"}, "KY": {"": "345"}, "VI": {"": "340"}, "GU": {"": "671"}, "LC": {"": "758"},
    "AG": {"": "268"}, "GD": {"": "473"}, "TC": {"": "649"}, "VG": {"": "284"}, "VC": {"": "784"}, "KN": {"": "869"},
    "DM": {"": "767"}, "SX": {"": "721"}, "AI": {"": "264"}, "MS": {"": "664"}, "MP": {"": "670"}, "AS": {"": "684"},
}  # fmt: skip
ZONES = {
    "AT": {"Vienna": "1", "Salzburg": "662 6", "Tyrol": "5", "Styria": "31 38", "Carinthia": "4", "Vorarlberg": "55"},
    "AU": {"New South Wales": "2", "Victoria": "3", "Queensland": "7", "Western Australia": "89", "South Australia":
           "88"},
    "BR": {"São Paulo": "1", "Rio de Janeiro": "21 22 24", "Espírito Santo": "27 28", "Minas Gerais": "3", "Paraná":
           "41 42 43 44 45 46", "Santa Catarina": "47 48 49", "Rio Grande do Sul": "51 53 54 55", "Federal District":
           "61", "Bahia": "71 73 74 75 77", "Pernambuco": "81 87", "Ceará": "85 88", "Pará": "91", "Amazonas": "92"},
    "CH": {"Zurich": "43 44 52", "Geneva": "22", "Vaud": "21 24", "Ticino": "91", "Bern": "31 33", "Lucerne": "41",
           "Basel-City": "61", "Saint Gallen": "71", "Valais": "27", "Grisons": "81"},
    "CN": {"Beijing": "10", "Shanghai": "21", "Tianjin": "22", "Chongqing": "23", "Guangdong": "20 755", "Hubei": "27",
           "Sichuan": "28", "Shaanxi": "29", "Zhejiang": "571 574", "Jiangsu": "25 512"},
    "DE": {"North Rhine-Westphalia": "2", "State of Berlin": "30", "Hamburg": "40", "City state Bremen": "421",
           "Saxony": "34 35 37", "Hesse": "61 64 66 69", "Baden-Wurttemberg": "7 621 622", "Bavaria": "8 9 60",
           "Schleswig-Holstein": "43 45 46 48", "Lower Saxony": "5 44 49", "Mecklenburg-Vorpommern": "38 39",
           "Rheinland-Pfalz": "26 63 65 67", "Saarland": "68", "Thuringia": "36"},
    "ES": {"Catalonia": "93 972 973 977", "Madrid": "91", "Valencia": "96", "Balearic Islands": "971", "Andalusia":
           "95", "Basque Country": "943 944 945 946", "Galicia": "981 982 986 988", "Canary Islands": "922 928",
           "Asturias": "984 985", "Aragon": "974 976 978", "Murcia": "968", "Navarre": "948", "Cantabria": "942"},
    "FR": {"Île-de-France": "1"},
    "GB": {"Scotland": "131 141 1224 1382 1463 1738 1786", "Wales": "29 1792 1248 1286 1341 1492 1633 1970",
           "Northern Ireland": "28", "England": "20 113 114 115 116 117 118 121 151 161 191 23"},
    "IT": {"Lombardy": "2 3", "Lazio": "6 77", "Piedmont": "11 12 13 14", "Liguria": "10 18 19", "Veneto": "41 42 43 "
           "44 45 49", "Tuscany": "55 57 58 50", "Emilia-Romagna": "51 52 53 54", "Campania": "81 82", "Sicily": "91 "
           "92 "
           "93 94 95", "Sardinia": "70 78 79", "Apulia": "80 88", "Umbria": "74 75"},
    "JP": {"Tokyo": "3 42", "Osaka": "6 72", "Kyoto": "75", "Aichi": "52", "Hokkaido": "11", "Kanagawa": "44 45 46",
           "Fukuoka": "92 93", "Hyōgo": "78 79", "Hiroshima": "82", "Okinawa": "98", "Miyagi": "22", "Nara": "742"},
    "NL": {"North Holland": "20 23 75 35", "South Holland": "10 70 71 15", "Utrecht": "30 33", "Groningen": "50",
           "Gelderland": "26 24 55", "North Brabant": "40 13 73 76", "Limburg": "43 45 46 77", "Friesland": "58",
           "Overijssel": "38 53", "Zeeland": "113 118"},
    "RU": {"Moscow": "495 499", "St.-Petersburg": "812"},
    "SE": {"Stockholm": "8", "Skåne": "40 42 44 46", "Västra Götaland": "31 33"},
}  # fmt: skip


def within(country: str, number: str, ratio: float) -> dict[str, float]:
    """Ratios of a country and its states for a national number, without the 0 that it begins with.

    >>> within("GB", "2070000000", 1.0)
    {'GB': 0.06, 'GB/England': 1.0}
    >>> within("GB", "7700900000", 1.0)
    {'GB': 1.0}
    """
    return by_country.within(country, number, ratio, _prefixes().get(country, {}))


@cache
def north_american(code: str) -> str:
    """The country of a three-digit area code of the North American plan; empty where no country has it.

    >>> north_american("514"), north_american("876"), north_american("800")
    ('CA', 'JM', '')
    """
    for country, states in NORTH_AMERICA.items():
        if any(code in codes.split() for codes in states.values()):
            return country
    return ""


@cache
def _prefixes() -> dict[str, dict[str, str]]:
    return {country: by_country.prefixes(states) for country, states in (ZONES | NORTH_AMERICA).items()}
