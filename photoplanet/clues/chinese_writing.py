"""Simplified or traditional signs: mainland China and Singapore, or Taiwan, Hong Kong and Macau.

A sign with kana or Hangul is Japan's or Korea's, which address visitors in Chinese: then this says nothing.
"""

import re
from collections.abc import Iterator

from photoplanet.clues import by_country
from photoplanet.clues.by_country import Sight, ratios
from photoplanet.clues.clue import Clue
from photoplanet.clues.plain_text import plain
from photoplanet.earth.ground import Ground
from photoplanet.signs.line import Reading

CAP = 8.0  # bits
RELIABILITY = 0.55  # of one sign; of more, what is left of the doubt is halved with each, up to four
_MOST_COUNTED = 4
# common signs that Japan writes in neither form
SIMPLIFIED = frozenset(
    "车门东问请为时书长马鸟龙汉语园务员选边达连运过还进远转费购资质价优们广厂历压严丽义习乐买亚产亲仅从仓动劳势华协单卖"
    "图书馆场银饭饮馆烟邮电话话设备险闭开关闲间阳阴陆际院难预项顾题颜风飞养饺饼驾验鱼鸡业专东丝两个丰临举乡"
)
TRADITIONAL = frozenset(
    "國學會來體對當發變點灣氣處圖應豐關號總齊觀鐵黃邊轉價們眾廣廠歷壓嚴樂亂爭亞產從勞醫單賣區讓與禮樓銀嗎這還個"
    "廳圍團實寶屬嶺幾庫彎戲擇據擔數斷條極榮樣橫歐歸殘滿澤獨畫畢發盡禪稱穩竊經綠縣繼續聲聽舊萬蘭蟲裝覺訂說讀賓辦遞鄉釋錢鑽隨隱雜雞電靈靜"
)
HONG_KONG = frozenset("嘅咗唔哋冇嚟邨啲佢喺閪衞裏")
TABLES = {
    "simplified": "CN 1 SG .35 MY .2 HK .06 MO .06 TW .01 TH .03 ID .02 US .02 CA .02 AU .02 NZ .02 GB .02 * .01",
    "traditional": "TW 1 HK 1 MO 1 MY .12 SG .05 CN .04 KR .03 JP .02 VN .03 TH .03 US .03 CA .03 AU .02 GB .02 * .01",
    "Cantonese": "HK 1 MO .7 CN .02 CA .02 US .01 MY .05 * .002",
}  # fmt: skip
_OTHERS = re.compile(r"[぀-ヿ가-힣]")


def clues(reading: Reading, ground: Ground) -> list[Clue]:
    """At most one clue for each way of writing; none where a sign has kana or Hangul.

    >>> from photoplanet.earth import ground
    >>> from photoplanet.signs.line import Line
    >>> line = Line("圖書館 請勿吸煙 國立", 0.99, ((0, 0), (1, 0), (1, 1), (0, 1)))
    >>> [clue.says for clue in clues(Reading((line,), 640, 480), ground.read())]
    ['traditional 圖國: Taiwan, Hong Kong, Macao']
    """
    return by_country.joined("Chinese writing", _sights(reading), reading, ground, CAP)


def _sights(reading: Reading) -> Iterator[Sight]:
    texts = [plain(line.text) for line in reading.lines]
    if any(_OTHERS.search(text) for text in texts):
        return
    for name, signs in (("simplified", SIMPLIFIED - TRADITIONAL), ("traditional", TRADITIONAL - SIMPLIFIED),
                        ("Cantonese", HONG_KONG)):  # fmt: skip
        found = list(dict.fromkeys(sign for text in texts for sign in text if sign in signs))
        if found:
            reliability = 1 - (1 - RELIABILITY) * 0.5 ** min(len(found) - 1, _MOST_COUNTED - 1)
            for row, text in enumerate(texts):
                if signs & set(text):
                    yield Sight(name, f"{name} {''.join(found[:8])}", row, ratios(TABLES[name]), reliability)
