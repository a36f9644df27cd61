"""The words of side and body site: what `calcimeasure.locate.words` looks up. Tables only.

Words stand as a dictionary has them, with accents; the reader folds case, accents and umlauts (ä is found as a
and as
ae). A trailing * stands for any ending. Languages: en, de, fr, it, es, nl, pt, pl.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.model import BodySite

LANGUAGES: Final = ("en", "de", "fr", "it", "es", "nl", "pt", "pl")
ROMANCE: Final = frozenset({"fr", "it", "es", "pt"})

# --- Side ---------------------------------------------------------------------------------------------------------

RIGHT_WORDS: Final = """
    right dextra dexter dextrum rechts rechte rechter rechten rechtes rechtem droit droite droits droites destra
    destro destre destri
    derecha derecho derechas derechos dcha dcho drcha drcho direita direito direitas direitos
    prawa prawy prawe prawej prawego prawym prawą prawostronn* rechtsseitig* rechterkant rechterzijde
"""
"""Right, whatever stands around it."""

LEFT_WORDS: Final = """
    left sinister sinistrum links linke linker linken linkes linkem gauche gauches sinistra sinistro sinistre
    sinistri
    izquierda izquierdo izquierdas izquierdos izq izqu izda izdo izqda izqdo esquerda esquerdo esquerdas esquerdos
    lewa lewy lewe lewej lewego lewym lewą lewostronn* linksseitig* linkerkant linkerzijde
"""
"""Left, whatever stands around it."""

BOTH_WORDS: Final = """
    bilateral* bilat bilatéral* bilatéraux bilaterais obustronn* beidseits beidseitig* beiderseits beids bds bdsts
    both beide beiden beider beides entrambe entrambi ambedue ambas ambos beiderzijds weerszijden oba obie obu
    obydwu
"""
"""Both sides; harmless where it errs, since it sets no side."""


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short word that tells a side only beside a part of the body that exists twice.

    Parameters
    ----------
    words
        As in a text.
    side
        ``right``, ``left`` or ``both``.
    languages
        The part has to be a word of one of these; empty: of any.
    only_these
        The part must not be a word of any other language, either ("mano sin": Spanish "without").
    precedes
        May stand before the part ("re. Knie"), not only behind it ("ginocchio dx").
    touches
        Nothing may stand between: no number, no projection.
    """

    words: str
    side: str
    languages: frozenset[str] = frozenset()
    only_these: bool = False
    precedes: bool = True
    touches: bool = False


ABBREVIATIONS: Final = (
    Abbreviation("r rt rgt", "right"),
    Abbreviation("l lt lft", "left"),
    Abbreviation("bil", "both"),
    Abbreviation("deux", "both", frozenset({"fr"}), touches=True),
    Abbreviation("re rts", "right", frozenset({"de", "nl"})),
    Abbreviation("li lks", "left", frozenset({"de", "nl"})),
    Abbreviation("dx dest", "right", frozenset({"it"}), precedes=False),
    Abbreviation("sx sn", "left", frozenset({"it"}), precedes=False),
    Abbreviation("dex", "right", frozenset({"it", "nl", "pl"}), precedes=False),
    # In Spanish "sin" is "without", in Polish and Dutch it is Latin's left.
    Abbreviation("sin", "left", frozenset({"it", "nl", "pl", "pt"}), only_these=True, precedes=False),
    # "Rodilla der." is right; "CT der Hand" is German. The Spanish word comes first and is no German one.
    Abbreviation("der", "right", frozenset({"es", "it", "pt"}), only_these=True, precedes=False, touches=True),
    Abbreviation("dir drt dto dta", "right", frozenset({"pt"}), precedes=False, touches=True),
    Abbreviation("esq esqda esqdo", "left", frozenset({"pt"}), precedes=False, touches=True),
    Abbreviation("dt dte drte", "right", frozenset({"fr"}), precedes=False, touches=True),
    Abbreviation("gche gch", "left", frozenset({"fr"}), precedes=False, touches=True),
    # D is right in all four; what is left differs (G, S, I, E), and only G is nothing else.
    Abbreviation("d", "right", ROMANCE, precedes=False, touches=True),
    Abbreviation("g", "left", frozenset({"fr"}), precedes=False, touches=True),
    Abbreviation("praw", "right", frozenset({"pl"}), precedes=False, touches=True),
    Abbreviation("lew", "left", frozenset({"pl"}), precedes=False, touches=True),
)

LETTERS: Final = "r l d g i e s p y"
"""Letters that name sides in pairs (R/L, D/G, D/I, D/E, dx/sx, P/L) or join them (e, i, "
"y): a run of them is both."""

GLUED_BEFORE: Final = {"l": "left", "r": "right", "lt": "left", "rt": "right"}
GLUED_BEHIND: Final = {"li": "left", "re": "right"}
GLUED_PARTS: Final = """
    hand hands wrist forearm elbow humerus shoulder hip femur knee tibia ankle foot toe thumb finger
"""
"""Parts that L, R, LT, RT may be glued to: LHAND. Not leg, arm: LLEG and LARM may be the lower ones."""

LIMB_ABBREVIATIONS: Final = {"lue": "left", "rue": "right", "lle": "left", "rle": "right"}
"""Left and right upper and lower extremity."""

FILLERS: Final = """
    ap pa lat lateral laterale lateraal seitlich profil face obl oblique schräg axial axiaal tang
    cor sag tra ax coronal sagittal view views vw vws v 2v 3v 4v 5v 1v 2vw 3vw 4vw 2vws 3vws 4vws min
    ebenen ebene 2eb e 2e incidences clichés proiezioni projekcje proyecciones
    ct tc tk xr rx rtg cr dx mr x ray rö röntgen computed tomography
    wb weight bearing standing stehend stojąc w o wo wwo mit ohne with without contrast kontrast km
    bone bones soft tissue thin mpr staand staande belast rosenberg lauenstein skyline merchant sunrise tunnel
    outlet complete compl tangential nativ native knochen weichteile debout charge carico carga
    joint gelenk articulation art art. side seite côté lato lado strona str kant zijde the der des die das dem den
    von vom of de del della dello dell du di do da le la el il lo a na 1 2 3 4
    and und et ou or oder o y e i en of oraz
    """
"""What may stand between an abbreviation and its part."""

LONE_WORDS: Final = """
    series serie b bone kernel sharp smooth std standard spiral helical hr iterative recon reformat soft tissue
    thin thick iso vrt routine adult child
"""
"""What a description may hold beside a side word where no description names a part, besides small words, "
"numbers."""

TITLES: Final = "dr prof mr mrs ms hr fr patient pat pt"
"""After these a letter begins a name."""

JOINING: Final = "and und et ou or oder y e i en oraz o ed u lub"

VIEW_WORDS: Final = """
    view views plane planes phase phases ebenen ebene richtungen projections projekcje projekcjach
    proyecciones proiezioni richtingen incidências series kernels energies
"""
"""After "both" they say what there are two of."""

NOT_A_SIDE: Final = (
    "left to right|right to left|l to r|r to l|links nach rechts|rechts nach links|li nach re|re nach li|"
    "gauche à droite|droite à gauche|sinistra a destra|destra a sinistra|izquierda a derecha|derecha a izquierda|"
    "esquerda para direita|direita para esquerda|links naar rechts|rechts naar links|"
    "right handed|left handed|right handedness|left handedness|right hand dominant|left hand dominant|"
    "right dominant|left dominant|right angle|left angle|right away|links händig|rechts händig|"
    "tout droit|muscle droit|angle droit|ângulo direito|ángulo derecho|"
    "r o|rule out|sinistro stradale|rue de|rue du|rue des"
)
"""Phrases that hold a side word and speak of none."""

POSITION_WORDS: Final = """
    decubitus décubitus decubito decub lld rld lying laying lies seitenlage seitlage seitenlagerung bauchlage
    zijligging zij boku bok coricato acostado deitado recumbent flanco fianco
"""
"""The side that a patient lies on: a side word two words away is no body side of the lesion."""

ELEVATION_WORDS: Final = """
    up raised elevated overhead down lifted oben hoch gehoben unten angelegt eleviert levé levés levée relevé
    elevado elevados arriba levantado levantados acima alzato alzate sollevato sollevate omhoog uniesione uniesiona
    crossed gekreuzt
    above over by uniesiony górze górę abajo baissé bas
"""

ACCESS_WORDS: Final = """
    inj inject injected injection injektion injiziert injeção inyección iniezione injectie wstrzyknięcie via über
    cannula cannulated canula kanüle venflon branule viggo flexüle zugang picc needle line iv
    kubital cubital antecubital ellenbeuge vene vein veine vena żyła acces accès acceso accesso acesso wkłucie
    infusion infuus perfusion perf perfusione infusione goteo kroplówka
"""
"""Where contrast agent goes in. With a part that an infusion goes into, the side is that of the needle."""

CONTRAST_WORDS: Final = "km contrast contraste contrasto kontrast pdc mdc produit cm"

HISTORY_WORDS: Final = (
    "z n|st p|st n|s p|status post|hx|hx of|history of|h o|antécédent|antécédents|atcd|pregresso|pregressa|"
    "esiti di|antecedente|antecedentes|stan po|zustand nach"
)
"""What follows was, and need not be what is imaged."""

COMPLAINT_WORDS: Final = """
    pain schmerz schmerzen douleur douleurs dolore dolor dor ból pijn
"""

ARM_SITES: Final = frozenset({BodySite.UPPER_ARM, BodySite.FOREARM, BodySite.ELBOW, BodySite.HAND_WRIST})
"""Where needles go, and what is raised."""

PROJECTION_WORDS: Final = """
    lat lateral laterale lateraal lateralis latéral latérale laterolateral ll profil profilo perfil seitlich
    anterior posterior oblique obl obliqua oblicua oblíqua boczne boczna bok
"""
"""A side beside one of these may name the projection: "left lateral"."""

WITH_WORDS: Final = "with without w wo mit ohne avec sans con sin senza com sem met zonder z bez post pre après av ss"
"""After these an injection is contrast agent, not the place of a needle."""

RADIOTHERAPY_WORDS: Final = "plan planning planung sim simulation bestrahlung radiotherapy radiotherapie gy struct"
"""With these RT is radiotherapy."""

REFERRAL_WORDS: Final = "anforderung dr arzt zuweiser protokoll klinik amb ambulanz überweisung patient"
"""Before these the German "lt" is "laut", according to."""

REPEAT_WORDS: Final = "scan scans recon do done take run check format start positioning try read"
"""After these "re" is again."""

ARTICLES: Final = "de à sur di d dell sull dall all nell"
"""Before "L humérus", "L ulna": the article l', its apostrophe lost."""

# --- Body site ----------------------------------------------------------------------------------------------------

SiteRow = tuple[str, bool, dict[str, str]]

SITE_WORDS: Final[tuple[SiteRow, ...]] = (
    # sites (site:detail), whether it exists twice, words per language
    (
        "hand_wrist",
        True,
        {
            "en": "hand|hands|metacarpal|metacarpals|metacarpus|mcp|palm",
            "de": "hand|hände|händen|mittelhand|metacarpale|metakarpale|handskelett|handrücken",
            "fr": "main|mains|métacarpien|métacarpiens|métacarpe",
            "it": "mano|mani|metacarpo",
            "es": "mano|manos|metacarpo|metacarpiano",
            "nl": "hand|handen|middenhand",
            "pt": "mão|mãos|metacarpo",
            "pl": "ręka|ręki|ręce|rąk|ręką|dłoń|dłoni|dłonie|śródręcz*",
        },
    ),
    (
        "hand_wrist:wrist",
        True,
        {
            "en": "wrist|wrists|carpal|carpus|scaphoid|radiocarpal",
            "de": "handgelenk*|handwurzel*|kahnbein|skaphoid|scaphoid|os scaphoideum|karpus",
            "fr": "poignet|poignets|carpe|scaphoïde",
            "it": "polso|polsi|carpo|scafoide",
            "es": "muñeca|muñecas|carpo|escafoides",
            "nl": "pols|polsen|polsgewricht|handwortel|scaphoïd",
            "pt": "punho|punhos|carpo|escafoide",
            "pl": "nadgarstek|nadgarstka|nadgarstki|nadgarstków",
        },
    ),
    (
        "hand_wrist:finger",
        True,
        {
            "en": "finger|fingers|index finger|middle finger|ring finger|little finger",
            "de": "finger|fingern|zeigefinger|mittelfinger|ringfinger|kleinfinger|fingergelenk*",
            "fr": "doigt|doigts",
            "it": "dito|dito mano|dita|dita mano",
            "es": "dedo mano|dedos mano|dedo de la mano|dedos de la mano",
            "nl": "vinger|vingers",
            "pt": "dedo da mão|dedos da mão|quirodáctilo|quirodáctilos",
            "pl": "palec ręki|palce ręki|palca ręki",
        },
    ),
    (
        "hand_wrist:thumb",
        True,
        {
            "en": "thumb|thumbs",
            "de": "daumen|daumensattelgelenk",
            "fr": "pouce|pouces",
            "it": "pollice|pollici",
            "es": "pulgar|pulgares",
            "nl": "duim|duimen",
            "pt": "polegar|polegares",
            "pl": "kciuk|kciuka|kciuki",
        },
    ),
    (
        "forearm",
        True,
        {
            "en": "forearm|forearms|lower arm|radius|ulna|radius ulna|radius and ulna|fore arm",
            "de": "unterarm|unterarme|radius|ulna|speiche",
            "fr": "avant bras|avantbras|cubitus",
            "it": "avambraccio|avambracci|ulna|radio ulna",
            "es": "antebrazo|antebrazos|cúbito|radio y cúbito|cúbito y radio",
            "nl": "onderarm|onderarmen|radius|ulna",
            "pt": "antebraço|antebraços|ulna",
            "pl": "przedrami*|kość promieniowa|kość łokciowa|kości promieniowej|kości łokciowej",
        },
    ),
    (
        "elbow",
        True,
        {
            "en": "elbow|elbows|olecranon|radial head",
            "de": "ellenbogen*|ellbogen*|ellenbogengelenk*|olekranon|olecranon|radiusköpfchen",
            "fr": "coude|coudes|olécrane|tête radiale",
            "it": "gomito|gomiti|olecrano|capitello radiale",
            "es": "codo|codos|olécranon",
            "nl": "elleboog|ellebogen|ellebooggewricht",
            "pt": "cotovelo|cotovelos",
            "pl": "łokieć|łokcia|łokcie|łokci|staw łokciowy|stawu łokciowego|stawy łokciowe|stawów łokciowych",
        },
    ),
    (
        "upper_arm",
        True,
        {
            "en": "upper arm|upper arms|upperarm|humerus|humeri|humeral shaft",
            "de": "oberarm|oberarme|humerus|humerusschaft",
            "fr": "bras|humérus",
            "it": "braccio|braccia|omero|omeri",
            "es": "brazo|brazos|húmero|húmeros",
            "nl": "bovenarm|bovenarmen|humerus",
            "pt": "braço|braços|úmero|úmeros",
            "pl": "ramię|ramienia|ramion|ramiona|kość ramienna|kości ramiennej",
        },
    ),
    (
        "upper_arm elbow forearm",
        True,
        {
            "en": "arm|arms",
            "de": "arm|arme|ganzarm",
            "nl": "arm|armen",
        },
    ),
    (
        "shoulder upper_arm elbow forearm hand_wrist",
        True,
        {
            "en": "upper extremity|upper extremities|upper limb|upper limbs|upper ext|up ext|upr ext|"
            "uppr extremity|"
            "lue|rue",
            "de": "obere extremität|obere extremitäten|oberen extremität|oberen extremitäten",
            "fr": "membre supérieur|membres supérieurs|membre sup",
            "it": "arto superiore|arti superiori|arto sup",
            "es": "miembro superior|miembros superiores|extremidad superior|extremidades superiores",
            "nl": "bovenste extremiteit|bovenste extremiteiten",
            "pt": "membro superior|membros superiores",
            "pl": "kończyna górna|kończyny górnej|kończyny górne|kończyn górnych",
        },
    ),
    (
        "shoulder",
        True,
        {
            "en": "shoulder|shoulders|scapula|scapulae|clavicle|clavicles|acromioclavicular|ac joint|ac joints|acj|"
            "glenohumeral|glenoid|humeral head|axilla|shldr|clav",
            "de": "schulter*|schulterblatt|schlüsselbein|klavikula|clavicula|skapula|scapula|humeruskopf|"
            "oberarmkopf|"
            "ac gelenk|achsel|axilla",
            "fr": "épaule|épaules|omoplate|scapula|clavicule|clavicules|tête humérale|aisselle",
            "it": "spalla|spalle|scapola|scapole|clavicola|clavicole|testa omerale|ascella",
            "es": "hombro|hombros|escápula|omóplato|clavícula|clavículas|cabeza humeral|axila",
            "nl": "schouder|schouders|schoudergewricht|scapula|clavicula|sleutelbeen|schouderblad|oksel",
            "pt": "ombro|ombros|escápula|omoplata|clavícula|clavículas|axila",
            "pl": "bark|barku|barki|barków|staw barkowy|stawu barkowego|stawy barkowe|łopatk*|obojczyk*|"
            "staw ramienny|"
            "stawu ramiennego|pacha",
        },
    ),
    (
        "chest",
        False,
        {
            "en": "chest|thorax|thoracic|lung|lungs|pulmonary|sternum|mediastinum|heart|cardiac|hrct|thoraces|"
            "sternal|"
            "coronary|coronaries|cxr",
            "de": "thorax|brust|brustkorb|lunge|lungen|herz|sternum|brustbein|mediastinum|hemithorax",
            "fr": "thorax|thoracique|thoraco|poumon|poumons|coeur|sternum",
            "it": "torace|toracico|toracica|polmone|polmoni|cuore|sterno",
            "es": "tórax|torácico|torácica|pulmón|pulmones|corazón|esternón",
            "nl": "thorax|borstkas|longen|hart|borstbeen",
            "pt": "tórax|pulmão|pulmões|coração|esterno",
            "pl": "klatka piersiowa|klatki piersiowej|klp|kl piersiowa|kl piersiowej|płuc|płuca|płuco|serce|serca|"
            "mostek|mostka",
        },
    ),
    (
        "chest",
        True,
        {
            "en": "rib|ribs|breast|breasts|sternoclavicular|sc joint|sc joints",
            "de": "rippe|rippen|mamma|mammae|rippenthorax|sternoklavikulargelenk|sc gelenk",
            "fr": "côtes|gril costal|sein|seins",
            "it": "coste|costole|emicostato|mammella",
            "es": "costilla|costillas|parrilla costal|mama|mamas",
            "nl": "rib|ribben|borst|borsten",
            "pt": "costela|costelas|arcos costais|mama|mamas",
            "pl": "żebra|żeber|żebro",
        },
    ),
    (
        "spine",
        False,
        {
            "en": "spine|spinal|vertebra|vertebrae|vertebral|whole spine|full spine",
            "de": "wirbelsäule*|ganzwirbelsäule|wirbelkörper|ws",
            "fr": "rachis|colonne|colonne vertébrale|vertèbre|vertèbres",
            "it": "rachide|colonna|colonna vertebrale|vertebra|vertebre",
            "es": "columna|columna vertebral|raquis|vértebra|vértebras",
            "nl": "wervelkolom|wervel|wervels|totale wervelkolom",
            "pt": "coluna|coluna vertebral|vértebra|vértebras",
            "pl": "kręgosłup|kręgosłupa|kręgi",
        },
    ),
    (
        "spine:cervical",
        False,
        {
            "en": "cervical spine|c spine|cspine|cerv spine|spine cervical|cervical vertebrae|odontoid|atlas axis",
            "de": "hws|halswirbelsäule|hwk|halswirbel|hals wirbelsäule|c wirbelsäule|c ws|dens",
            "fr": "rachis cervical|colonne cervicale|rachis cerv|vertèbres cervicales",
            "it": "rachide cervicale|colonna cervicale",
            "es": "columna cervical|raquis cervical|c cervical|col cervical",
            "nl": "cwk|cervicale wervelkolom|halswervelkolom|halswervels",
            "pt": "coluna cervical",
            "pl": "kręgosłup szyjny|kręgosłupa szyjnego|odcinek szyjny|odcinka szyjnego|kręgosłup c|kręgosłupa c",
        },
    ),
    (
        "spine:thoracic",
        False,
        {
            "en": "thoracic spine|t spine|tspine|dorsal spine|d spine|spine thoracic|thor spine|thoracic vertebrae",
            "de": "bws|brustwirbelsäule|bwk|brustwirbel|th wirbelsäule",
            "fr": "rachis dorsal|rachis thoracique|colonne dorsale|colonne thoracique",
            "it": "rachide dorsale|colonna dorsale|rachide toracico|colonna toracica",
            "es": "columna dorsal|columna torácica|raquis dorsal|c dorsal",
            "nl": "twk|bwk|thoracale wervelkolom|borstwervelkolom",
            "pt": "coluna dorsal|coluna torácica",
            "pl": "kręgosłup piersiowy|kręgosłupa piersiowego|odcinek piersiowy|odcinka piersiowego|kręgosłup th|"
            "kręgosłupa th",
        },
    ),
    (
        "spine:lumbar",
        False,
        {
            "en": "lumbar spine|l spine|lspine|l sp|lumb spine|spine lumbar|lumbar|lumbar vertebrae",
            "de": "lws|lendenwirbelsäule|lwk|lendenwirbel|l wirbelsäule|l ws|lumbal|lumbale wirbelsäule",
            "fr": "rachis lombaire|colonne lombaire|lombaire|lombaires|charnière lombaire",
            "it": "rachide lombare|colonna lombare|lombare",
            "es": "columna lumbar|raquis lumbar|c lumbar|lumbar|col lumbar",
            "nl": "lwk|lumbale wervelkolom|lendenwervelkolom|lumbaal",
            "pt": "coluna lombar|lombar",
            "pl": "kręgosłup lędźwiowy|kręgosłupa lędźwiowego|odcinek lędźwiowy|odcinka lędźwiowego|kręgosłup l|"
            "kręgosłupa l",
        },
    ),
    (
        "spine:sacral",
        False,
        {
            "en": "sacrum|sacral|coccyx|sacral spine|s spine|sacrum coccyx|tailbone|sacrococcygeal",
            "de": "sakrum|sacrum|kreuzbein|steißbein|os sacrum|os coccygis|kreuz steißbein",
            "fr": "sacrum|coccyx",
            "it": "sacro|coccige|osso sacro|sacrococcige",
            "es": "sacro|coxis|cóccix|sacrocoxis|sacrococcígea",
            "nl": "sacrum|os coccygis|staartbeen|stuitje|heiligbeen",
            "pt": "sacro|cóccix|sacrococcígea",
            "pl": "kość krzyżowa|kości krzyżowej|kość guziczna|kości guzicznej|kość ogonowa",
        },
    ),
    (
        "spine:lumbar spine:sacral",
        False,
        {
            "en": "lumbosacral|lumbosacral spine|ls spine|l s spine|lumbo sacral|lumbo sacral spine|lss",
            "de": "lumbosakral*",
            "fr": "rachis lombo sacré|lombosacré|lombo sacré",
            "it": "lombosacrale|lombo sacrale|rachide lombosacrale|rachide lombo sacrale|colonna lombosacrale|"
            "ls rachide",
            "es": "columna lumbosacra|lumbosacra|lumbo sacra|columna lumbo sacra",
            "nl": "lumbosacraal|lumbosacrale",
            "pt": "coluna lombossacra|lombossacra|lombo sacra|coluna lombo sacra",
            "pl": "lędźwiowo krzyżow*|kręgosłup l s|kręgosłupa l s|odcinek l s|odcinka l s",
        },
    ),
    (
        "spine:thoracic spine:lumbar",
        False,
        {
            "en": "thoracolumbar|thoracolumbar spine|tl spine|t l spine|thoraco lumbar|thoraco lumbar spine",
            "de": "thorakolumbal*",
            "fr": "dorsolombaire|dorso lombaire|rachis dorso lombaire|rachis dorsolombaire",
            "it": "dorsolombare|dorso lombare|rachide dorso lombare",
            "es": "columna dorsolumbar|dorsolumbar|dorso lumbar",
            "nl": "thoracolumbaal|thoracolumbale",
            "pt": "coluna toracolombar|toracolombar|dorsolombar|dorso lombar",
            "pl": "piersiowo lędźwiow*",
        },
    ),
    (
        "pelvis",
        False,
        {
            "en": "pelvis|pelvic|pelv|bladder|symphysis|pubis|pubic|prostate|uterus|iliac crest",
            "de": "becken|beckenübersicht|symphyse|blase|harnblase|schambein|sitzbein|kleines becken|beü",
            "fr": "bassin|pelvis|pelvien|pelvienne|symphyse|vessie|petit bassin",
            "it": "bacino|pelvi|pelvico|pelvica|sinfisi|vescica",
            "es": "pelvis|pélvico|pélvica|pubis|sínfisis|vejiga",
            "nl": "bekken|symfyse|blaas",
            "pt": "bacia|pelve|pélvico|pélvica|púbis|bexiga",
            "pl": "miednica|miednicy|miednica mała|miednicy małej|spojenie łonowe|spojenia łonowego|pęcherz",
        },
    ),
    (
        "pelvis",
        True,
        {
            "en": "sacroiliac|sacroiliac joint|sacroiliac joints|si joint|si joints|sij|groin|inguinal|ischium|"
            "hemipelvis|"
            "ilium",
            "de": "iliosakralgelenk*|isg|leiste|leisten|ala aufnahme|obturator aufnahme",
            "fr": "sacro iliaque|sacro iliaques|aine|articulation sacro iliaque",
            "it": "sacroiliaca|sacroiliache|sacro iliache|sacro iliaca|inguine",
            "es": "sacroilíaca|sacroilíacas|sacroiliaca|sacroiliacas|ingle",
            "nl": "si gewricht|si gewrichten|liesstreek",
            "pt": "sacroilíaca|sacroilíacas|virilha",
            "pl": "krzyżowo biodrow*|pachwin*",
        },
    ),
    (
        "pelvis:buttock",
        True,
        {
            "en": "buttock|buttocks|gluteal|gluteus",
            "de": "gesäß|glutäal|gluteal",
            "fr": "fesse|fesses",
            "it": "gluteo|glutei",
            "es": "glúteo|glúteos|nalga|nalgas",
            "nl": "billen",
            "pt": "nádega|nádegas",
            "pl": "pośladek|pośladka|pośladki",
        },
    ),
    (
        "hip",
        True,
        {
            "en": "hip|hips|hip joint|acetabulum|acetabular|trochanter|greater trochanter|femoral head|"
            "femoral neck|"
            "neck of femur|nof|femoral neck fracture",
            "de": "hüfte|hüften|hüftgelenk*|hüft|azetabulum|acetabulum|hüftkopf|schenkelhals|trochanter|femurkopf|"
            "coxa valga|coxa vara|hüft tep",
            "fr": "hanche|hanches|cotyle|tête fémorale|col fémoral|col du fémur|acétabulum|coxo fémorale",
            "it": "anca|anche|acetabolo|testa femorale|collo femorale|collo femore|collo del femore|coxofemorale|"
            "coxo femorale",
            "es": "cadera|caderas|acetábulo|cabeza femoral|cuello femoral|coxofemoral",
            "nl": "heup|heupen|heupgewricht|heupkop",
            "pt": "quadril|quadris|anca|acetábulo|cabeça femoral|colo do fêmur|coxofemoral|articulação coxofemoral",
            "pl": "biodro|biodra|bioder|biodrze|staw biodrowy|stawu biodrowego|stawy biodrowe|stawów biodrowych|"
            "panewka",
        },
    ),
    (
        "thigh",
        True,
        {
            "en": "thigh|thighs|femur|femurs|femora|femoral shaft|upper leg|upper legs",
            "de": "oberschenkel*|femur|femora|femurschaft",
            "fr": "cuisse|cuisses|fémur|fémurs",
            "it": "coscia|cosce|femore|femori",
            "es": "muslo|muslos|fémur|fémures",
            "nl": "bovenbeen|bovenbenen|dijbeen|femur",
            "pt": "coxa|coxas|fêmur|fêmures",
            "pl": "udo|uda|ud|kość udowa|kości udowej|kości udowe",
        },
    ),
    (
        "knee",
        True,
        {
            "en": "knee|knees|patella|patellae|patellar|patellofemoral|kneecap|tibial plateau|popliteal fossa",
            "de": "knie|kniee|knien|kniegelenk*|patella|kniescheibe|tibiakopf|kniekehle",
            "fr": "genou|genoux|rotule|rotules|patella|plateau tibial",
            "it": "ginocchio|ginocchia|rotula|rotule|piatto tibiale",
            "es": "rodilla|rodillas|rótula|rótulas",
            "nl": "knie|knieën|kniegewricht|patella|knieschijf",
            "pt": "joelho|joelhos|patela|patelas",
            "pl": "kolano|kolana|kolan|staw kolanowy|stawu kolanowego|stawy kolanowe|stawów kolanowych|rzepk*",
        },
    ),
    (
        "lower_leg",
        True,
        {
            "en": "lower leg|lower legs|tibia|tibiae|fibula|tib fib|tibia fibula|tibia and fibula|tibfib|calf|"
            "calves|shin|"
            "tib and fib",
            "de": "unterschenkel*|tibia|fibula|wade|waden|schienbein|wadenbein",
            "fr": "jambe|jambes|tibia|péroné|fibula|mollet",
            "it": "gamba|gambe|tibia|perone|polpaccio",
            "es": "pierna|piernas|tibia|peroné|tibia y peroné|pantorrilla",
            "nl": "onderbeen|onderbenen|tibia|fibula|kuit|kuiten|scheenbeen",
            "pt": "perna|pernas|tíbia|fíbula|panturrilha|perônio",
            "pl": "podudzi*|goleń|goleni|piszczel|kość piszczelowa|kości piszczelowej|łydk*",
        },
    ),
    (
        "thigh knee lower_leg",
        True,
        {
            "en": "leg|legs",
            "de": "bein|beine|beinen|ganzbein",
            "nl": "benen|heel been",
            "pl": "noga|nogi|nóg",
        },
    ),
    (
        "hip thigh knee lower_leg ankle_foot",
        True,
        {
            "en": "lower extremity|lower extremities|lower limb|lower limbs|lower ext|low ext|lwr ext|"
            "lwr extremity|"
            "lle|rle|leg length|long leg|long legs",
            "de": "untere extremität|untere extremitäten|unteren extremität|unteren extremitäten|ganzbeinaufnahme|"
            "beinachse|beinlänge|ganzbeinstand*",
            "fr": "membre inférieur|membres inférieurs|membre inf",
            "it": "arto inferiore|arti inferiori|arto inf",
            "es": "miembro inferior|miembros inferiores|extremidad inferior|extremidades inferiores",
            "nl": "onderste extremiteit|onderste extremiteiten",
            "pt": "membro inferior|membros inferiores",
            "pl": "kończyna dolna|kończyny dolnej|kończyny dolne|kończyn dolnych",
        },
    ),
    (
        "ankle_foot",
        True,
        {
            "en": "foot|feet|forefoot|hindfoot|midfoot|metatarsal|metatarsals|tarsus|lisfranc|navicular",
            "de": "fuß|füße|füßen|vorfuß|rückfuß|mittelfuß|fußwurzel|vorfüße|metatarsale",
            "fr": "pied|pieds|avant pied|arrière pied|médio pied|métatarse",
            "it": "piede|piedi|avampiede|retropiede|metatarso",
            "es": "pie|pies|antepié|retropié|metatarso",
            "nl": "voet|voeten|voorvoet|middenvoet",
            "pt": "pés|pé direito|pé esquerdo|pé dir|pé esq|antepé|retropé|do pé|metatarso",
            "pl": "stopa|stopy|stóp|stopę|stopie|śródstopi*",
        },
    ),
    (
        "ankle_foot:ankle",
        True,
        {
            "en": "ankle|ankles|malleolus|talus|syndesmosis|tibiotalar",
            "de": "sprunggelenk*|osg|usg|oberes sprunggelenk|unteres sprunggelenk|knöchel|talus|malleolus|"
            "außenknöchel|"
            "innenknöchel",
            "fr": "cheville|chevilles|malléole|talus|astragale",
            "it": "caviglia|caviglie|tibiotarsica|tibio tarsica|malleolo|astragalo",
            "es": "tobillo|tobillos|maléolo|astrágalo",
            "nl": "enkel|enkels|enkelgewricht|bovenste spronggewricht|bsg",
            "pt": "tornozelo|tornozelos|maléolo",
            "pl": "kostka|kostki|staw skokowy|stawu skokowego|stawy skokowe|stawów skokowych|staw skokowo goleniowy",
        },
    ),
    (
        "ankle_foot:heel",
        True,
        {
            "en": "calcaneus|calcaneum|heel|heels|calcaneal|os calcis|achilles",
            "de": "ferse|fersen|fersenbein|calcaneus|kalkaneus|achillessehne",
            "fr": "calcanéum|calcaneus|talon|talons",
            "it": "calcagno|calcagni|tallone",
            "es": "calcáneo|calcáneos|talón|talones",
            "nl": "hiel|hielen|hielbeen|calcaneus",
            "pt": "calcâneo|calcâneos|calcanhar",
            "pl": "pięta|pięty|kość piętowa|kości piętowej|kości piętowe",
        },
    ),
    (
        "ankle_foot:toe",
        True,
        {
            "en": "toe|toes|great toe|hallux|big toe",
            "de": "zehe|zehen|großzehe|kleinzehe|hallux",
            "fr": "orteil|orteils|gros orteil|hallux",
            "it": "alluce|dita piede|dita del piede|dito del piede",
            "es": "dedo del pie|dedos del pie|dedo pie|hallux",
            "nl": "tenen|grote teen|hallux",
            "pt": "hálux|dedo do pé|dedos do pé|pododáctilo|pododáctilos",
            "pl": "paluch|palucha|palec stopy|palce stopy",
        },
    ),
    (
        "head_neck",
        False,
        {
            "en": "head|skull|brain|neck|cranium|ct face|face ct|facial|facial bones|maxillofacial|sinus|"
            "sinuses|larynx|thyroid|"
            "carotid|carotids|paranasal|nasal bone|cranial|cerebral|head neck|soft tissue neck",
            "de": "kopf|schädel|hals|hirn|gehirn|nnh|ncct|gesichtsschädel|nasennebenhöhlen|ccts|carotis|"
            "schilddrüse|cct|"
            "gesicht|mittelgesicht|schädelbasis",
            "fr": "tête|crâne|cérébral|cérébrale|cerveau|cou|massif facial|sinus|encéphale|tdm cérébrale",
            "it": "testa|cranio|encefalo|collo|massiccio facciale|seni paranasali",
            "es": "cabeza|cráneo|cerebro|cuello|senos paranasales|macizo facial",
            "nl": "hoofd|schedel|hersenen|hals|aangezicht|sinussen",
            "pt": "cabeça|crânio|encéfalo|pescoço|seios da face|seios paranasais",
            "pl": "głowa|głowy|głowie|czaszka|czaszki|mózg|mózgu|mózgowie|mózgowia|szyja|szyi|zatoki|zatok|"
            "twarzoczaszk*",
        },
    ),
    (
        "head_neck",
        True,
        {
            "en": "orbit|orbits|mastoid|mastoids|temporal bone|temporal bones|tmj|temporomandibular|mandible|"
            "iac|iacs|"
            "zygoma|parotid|eye|ear",
            "de": "orbita|felsenbein|felsenbeine|kiefergelenk*|mastoid|unterkiefer|jochbein|auge",
            "fr": "rocher|rochers|orbite|orbites|mandibule|atm|oeil",
            "it": "rocche petrose|rocca petrosa|orbita|orbite|mandibola",
            "es": "órbita|órbitas|peñasco|peñascos|mandíbula|oído|oídos",
            "nl": "rotsbeen|rotsbeenderen|orbita|onderkaak",
            "pt": "órbita|órbitas|mastoide|mastoides|mandíbula|ouvido|ouvidos",
            "pl": "oczodół|oczodołu|oczodoły|kości skroniowe|kość skroniowa|żuchwa|żuchwy",
        },
    ),
    (
        "abdomen",
        False,
        {
            "en": "abdomen|abdominal|abd|abdo|liver|kidney|kidneys|spleen|pancreas|renal|kub|bowel|colon|"
            "stomach|flank|"
            "gallbladder|adrenal|adrenals|ruq|luq|rlq|llq|quadrant|hepatic|urinary",
            "de": "abdomen|bauch|oberbauch|unterbauch|leber|niere|nieren|milz|pankreas|darm|flanke|"
            "nierenleeraufnahme|harnwege",
            "fr": "abdomen|abdominal|abdominale|abdomino|foie|rein|reins|asp|abdo|uroscanner",
            "it": "addome|addominale|fegato|rene|reni|milza|pancreas|apparato urinario|vie urinarie",
            "es": "abdomen|abdominal|hígado|riñón|riñones|bazo|páncreas|abdomino|vías urinarias|renales",
            "nl": "abdomen|buik|bovenbuik|onderbuik|lever|nier|nieren|milt|buikoverzicht|urinewegen",
            "pt": "rim direito|rim esquerdo|abdome|abdominal|abdômen|fígado|rins|baço|pâncreas|vias urinárias",
            "pl": "brzuch|brzucha|jama brzuszna|jamy brzusznej|wątroba|wątroby|nerka|nerki|nerek|śledziona|trzustka",
        },
    ),
    (
        "abdomen pelvis",
        False,
        {
            "en": "abdomen pelvis|abdomen and pelvis|abd pelvis|abd pel|abdominopelvic|abdpel|abdpelvis",
            "fr": "abdomino pelvien|abdomino pelvienne|abdominopelvien",
            "es": "abdominopélvico|abdominopélvica|abdomino pélvico",
            "pt": "abdome total",
        },
    ),
    (
        "chest abdomen pelvis",
        False,
        {
            "en": "cap|c a p|tap|chest abdomen pelvis|chest abd pelvis|trunk|torso|body trunk",
            "de": "rumpf|stamm|thorax abdomen becken",
            "fr": "tap|thoraco abdomino pelvien|thoraco abdomino pelvienne|thoracoabdominopelvien|tronc",
            "es": "tap|toracoabdominopélvico|toraco abdomino pélvico",
            "nl": "romp",
            "it": "tronco",
            "pt": "tronco",
            "pl": "tułów",
        },
    ),
    (
        "whole_body",
        False,
        {
            "en": "whole body|wholebody|total body|full body|skeletal survey|bone survey|entire body",
            "de": "ganzkörper*|skelettstatus|polytraumaspirale|ganzkörper",
            "fr": "corps entier|body scanner|squelette entier",
            "it": "total body|corpo intero|scheletro in toto",
            "es": "cuerpo entero|cuerpo completo|serie ósea metastásica",
            "nl": "hele lichaam|total body|lichaam totaal",
            "pt": "corpo inteiro|corpo total",
            "pl": "całe ciało|całego ciała|cały szkielet",
        },
    ),
    # Parts with a side that says nothing of the lesion's: both are in every field.
    (
        "",
        False,
        {
            "en": "ventricle|ventricular|atrium|atrial|lobe|bundle|shunt|artery|subclavian|jugular|coil|"
            "lymph node|aorta|"
            "main pulmonary|appendage|ovary|ovaries|adnexa|testis|testicle|tonsil|bronchus|hemisphere|nostril|"
            "ureter",
            "de": "ovar|hoden|ventrikel|vorhof|lappen|herzkatheter|aorta|harnleiter|unterlappen|oberlappen|"
            "mittellappen",
            "fr": "ovaire|testicule|ventricule|oreillette|lobe|aorte",
            "it": "ovaio|testicolo|ventricolo|atrio|lobo|aorta",
            "es": "ovario|testículo|ventrículo|aurícula|lóbulo",
            "nl": "ventrikel|kwab",
            "pt": "ventrículo|átrio|lobo",
            "pl": "komora|przedsionek|płat|aorta",
        },
    ),
)
"""Words of each site. A part that exists twice can carry a side word."""

NOT_A_SITE: Final = (
    "head first|feet first|foot first|hip hop|hand made|hand over|hand held|shoulder of the curve|main menu|"
    "head coil|knee coil|body coil|hand injection|injection by hand|hand inj|inj by hand|heart rate|arm rest|"
    "hand book|foot note|face to face|head holder|head rest|hand out|chest tube|leg room|foot end|head end|"
    "kopf voran|füße voran|tête première|pieds premiers|neck phase|kopf first|foot pedal|de face|in face|en face|"
    "face profil|face et profil|face profile|profil face|face p|de frente|heel effect|spine board|"
    "long bone|eye lens|ear ring"
)
"""Phrases with a part's word in them that name no part, or none that is imaged."""

# --- Body Part Examined and Anatomic Region -----------------------------------------------------------------------

BODY_PART_TERMS: Final[dict[str, str]] = {
    "hand_wrist": "HAND 85562004, CARPUS 8205005, DIGIT 82680008, DISTALPHALANX, METACARPUS 36455000",
    "hand_wrist:wrist": "WRIST 74670003",
    "hand_wrist:finger": "FINGER 7569003",
    "hand_wrist:thumb": "THUMB 76505004",
    "forearm": "FOREARM 14975008, RADIUS 62413002, ULNA 23416004, RADIUSULNA 110535000, "
    "RADIALA 45631007, ULNARA 44984001",
    "elbow": "ELBOW 16953009, ANTECUBITALV 128553008",
    "upper_arm": "UPPERARM 40983000, HUMERUS 85050009, BRACHIALA 17137000, BRACHIALV 20115005",
    "upper_arm elbow forearm": "ARM",
    "shoulder upper_arm elbow forearm hand_wrist": "UPPERLIMB 53120007, -371195002, -30608006",
    "shoulder": "SHOULDER 16982005, ACJOINT 85856004, AXILLA 91470000, AXILLARYA 67937003, AXILLARYV 68705008, "
    "CLAVICLE 51299004, SCAPULA 79601000",
    "chest": "CHEST 816094009, THORAX 43799004, -51185008, AORTICARCH 57034009, ASCAORTA 54247002, "
    "BREAST 76752008, "
    "BRONCHUS 955009, CORONARYARTERY 41801008, CORONARYSINUS 90219004, DESCAORTA 32672002, ENDOCARDIAC 80891009, "
    "HEART 80891009, ESOPHAGUS 32849002, ENDOESOPHAGEAL 32849002, LATRIUM 82471001, LUNG 39607008, "
    "LPULMONARYA 50408007, LVENTRICLE 87878005, MEDIASTINUM 72410000, PARASTERNAL 91691001, PULMONARYA 81040000, "
    "PULMONARYV 122972007, RATRIUM 73829009, RIB 113197003, RPULMONARYA 78480002, RVENTRICLE 53085002, "
    "SCJOINT 7844006, STERNUM 56873002, SUBCOSTAL 19695001, SVC 48345005, THORACICAORTA 113262008, THYMUS 9875009, "
    "TRACHEABRONCHUS 110726009, -86598002, INTMAMMARYA 69327007, ANTCARDIACV 194996006, "
    "LSUPPULMONARYV 43863001, RSUPPULMONARYV 8629005, AZYGOSVEIN 72107004",
    "spine": "SPINE 421060004, SPINALCORD 2748008, BACK 77568009, ANTSPINALA 17388009",
    "spine:cervical": "CSPINE 122494005, ATLANTOAXIAL 62555009, ATLANTOOCCIPITAL 20292002",
    "spine:thoracic": "TSPINE 122495006",
    "spine:lumbar": "LSPINE 122496007",
    "spine:sacral": "SSPINE 54735007, COCCYX 64688005, -1217254007",
    "spine:cervical spine:thoracic": "CTSPINE 1217257000",
    "spine:thoracic spine:lumbar": "TLSPINE 1217256009",
    "spine:lumbar spine:sacral": "LSSPINE 1217253001",
    "pelvis": "PELVIS 816092008, -12921003, -816989007, BLADDER 89837001, BLADDERURETHRA 110837003, "
    "CERVIX 71252005, "
    "COMILIACA 73634005, COMILIACV 46027005, CULDESAC 53843000, ENDOMETRIUM 2739003, ENDORECTAL 34402009, "
    "ENDOURETHRAL 13648007, ENDOVAGINAL 76784001, ENDOVESICAL 48367006, EPIDIDYMIS 87644002, EXTILIACA 113269004, "
    "EXTILIACV 63507001, ILIACA 10293006, ILIACV 244411005, ILIUM 22356005, INGUINAL 26893007, INTILIACA 90024005, "
    "LINGUINAL 85119005, RINGUINAL 37117007, OVARY 15497006, PENIS 18911002, PENILEA 282044005, PERINEUM 38864007, "
    "PROSTATE 41216001, RECTUM 34402009, SCROTUM 20233005, SEMVESICLE 64739004, SIJOINT 39723000, "
    "SUPRAPUBIC 11708003, "
    "HYPOGASTRIC 11708003, TESTIS 40689003, URETHRA 13648007, UTERUS 35039007, VAGINA 76784001, VULVA 45292006, "
    "-53505006, -110639002, ANUSRECTUMSIGMD 110612005, SIGMOID 60184004",
    "pelvis:buttock": "BUTTOCK 46862004, GLUTEAL 46862004",
    "hip": "HIP 24136001, -29836001, SFJ 128587003",
    "thigh": "THIGH 68367000, FEMUR 71341001, FEMORALA 7657000, FEMORALV 83419000, CFA 181347005, CFV 397363009, "
    "LFEMORALA 113270003, RFEMORALA 69833005, PROFFEMA 31677005, PROFFEMV 23438002, SFA 181349008, SFV 397364003",
    "knee": "KNEE 72696002, PATELLA 64234005, POPLITEALFOSSA 32361000, POPLITEALA 43899006, POPLITEALV 56849005, "
    "GENICULARA 128559007",
    "lower_leg": "LOWERLEG 30021000, CALF 53840002, TIBIA 12611008, FIBULA 87342007, TIBIAFIBULA 110536004, "
    "ANTTIBIALA 68053000, POSTIBIALA 13363002, PERONEALA 8821006",
    "thigh knee lower_leg": "LEG, LEGS 42694008, GSV 60734001, SAPHENOUSV 362072009",
    "hip thigh knee lower_leg ankle_foot": "LOWERLIMB 61685007, -72001000, -102292000",
    "pelvis hip thigh knee lower_leg ankle_foot": "PELVISLOWEXTREMT 1231522001",
    "ankle_foot": "FOOT 56459004, FOREFOOT 419176008, HINDFOOT 416804009, SESAMOID 58742003, -27949001",
    "ankle_foot:ankle": "ANKLE 70258002",
    "ankle_foot:heel": "CALCANEUS 80144004, -82474009",
    "ankle_foot:toe": "TOE 29707007",
    "head_neck": "HEAD 69536005, NECK 45048000, HEADNECK 774007, SKULL 89546000, 3RDVENTRICLE 49841001, "
    "4THVENTRICLE 35918002, ACA 60176003, ANTCOMMA 8012006, BASILARA 59011009, BRAIN 12738006, BULB 21479005, "
    "CAROTID 69105007, CCA 32062004, CEREBELLUM 113305005, CEREBHEMISPHERE 372073000, CEREBRALA 88556005, "
    "CHEEK 60819002, CHOROIDPLEXUS 80621003, CIRCLEOFWILLIS 11279006, CORNEA 28726007, EAC 84301002, "
    "EAR 117590005, "
    "ECA 22286001, ENDONASAL 53342003, ENDONASOPHARYNYX 18962004, EXTJUGV 71585003, EYE 81745001, EYELID 80243003, "
    "FACE 89545001, FACIALA 23074001, FONTANEL 79361005, FRONTALSINUS 55060009, HYPOPHARYNX 81502006, "
    "IAC 361078006, "
    "ICA 86117002, INTJUGULARV 12123001, INTRACRANIAL 1101003, JAW 661005, LACRIMALA 59749000, LARYNX 4596009, "
    "LATVENTRICLE 66720007, LINGUALA 113264009, MANDIBLE 91609006, MASTOID 59066005, MAXILLA 70925003, "
    "MCA 17232002, "
    "MOUTH 123851003, NASOPHARYNX 360955006, NOSE 45206002, OCCPITALA 31145008, OCCIPTALV 32114007, "
    "OPHTHALMICA 53549008, OPTICCANAL 55024004, ORBIT 363654007, PARATHYROID 111002, PAROTID 45289007, "
    "PCA 70382005, "
    "PHARYNX 54066008, PHARYNXLARYNX 312535008, POSCOMMA 43119007, SCALP 41695006, SCLERA 18619003, "
    "SELLA 42575006, "
    "SUBMANDIBULAR 54019009, SUPRACLAVICULAR 77621008, SUPTHYROIDA 72021004, THALAMUS 42695009, THYROID 69748006, "
    "TMJ 53620006, TONGUE 21974007, VERTEBRALA 85234005, ZYGOMA 13881006, -91397008, -2095001, -74386004, "
    "-371398005, "
    "-5713008, -170887008",
    "abdomen": "ABDOMEN 818981001, -113345001, ABDOMINALAORTA 7832008, ADRENAL 23451007, APPENDIX 66754008, "
    "ASCENDINGCOLON 9040008, BILEDUCT 28273000, BILIARYTRACT 34707002, CELIACA 57850000, COLON 71854001, "
    "COMMONBILEDUCT 79741001, DESCENDINGCOLON 32622004, DUODENUM 38848004, ENDORENAL 64033007, "
    "ENDOURETERIC 87953007, "
    "EPIGASTRIC 27947004, FLANK 58602004, GALLBLADDER 28231008, GASTRICV 110568007, HEPATICA 76015000, "
    "HEPATICV 8993003, ILEUM 34516001, INFMESA 33795007, INFVENACAVA 64131007, JEJUNUM 21306003, KIDNEY 64033007, "
    "LARGEINTESTINE 14742008, LHEPATICV 273202007, LHYPOCHONDRIAC 133945003, LIVER 10200004, LLQ 68505006, "
    "LLUMBAR 1017210004, LPORTALV 70253006, LUMBARA 34635009, LUQ 86367003, MESENTRICA 86570000, "
    "MESENTRICV 128583004, MIDHEPATICV 273099000, MORISONSPOUCH 243977002, PANCBILEDUCT 110621006, "
    "PANCREAS 15776009, "
    "PANCREATICDUCT 69930009, PORTALV 32764006, RENALA 2841007, RENALV 56400007, RETROPERITONEUM 82849001, "
    "RHEPATICV 272998002, RHYPOCHONDRIAC 133946002, RLQ 48544008, RLUMBAR 1017211000, RPORTALV 73931004, "
    "RUQ 50519007, "
    "SMA 42258001, SMALLINTESTINE 30315005, SPLEEN 78961009, SPLENICA 22083002, SPLENICV 35819009, "
    "STOMACH 69695003, "
    "TRANSVERSECOLON 485005, UMBILICAL 90290004, UPRURINARYTRACT 431491007, URETER 87953007, -303270005, "
    "-818983003",
    "abdomen spine:lumbar": "LUMBAR 52612000",
    "abdomen pelvis": "ABDOMENPELVIS 818982008, -818987002",
    "chest abdomen": "CHESTABDOMEN 416550000, -110861005",
    "chest abdomen pelvis": "CHESTABDPELVIS 416775004",
    "head_neck chest": "NECKCHEST 417437006, TRACHEA 44567001, INNOMINATEA 12691009, INNOMINATEV 8887007, "
    "SUBCLAVIANA 36765005, SUBCLAVIANV 9454009",
    "head_neck chest abdomen": "NECKCHESTABDOMEN 416152001",
    "head_neck chest abdomen pelvis": "NECKCHESTABDPELV 416319003",
    "head_neck spine": "-110517009",
    "whole_body": "WHOLEBODY 38266002",
}
"""Defined terms of Body Part Examined (0018,0015) with the SCT code of their region (PS3.16 Annex L, Table L-1).

A code without a term is written with "-", a term without a code alone. Terms that name no region (ARTERY, EXTREMITY,
JOINT, LUMEN, PHANTOM, VEIN, the fetal ones) are left out. Clavicle and axilla count as shoulder, trochanter as hip.
"""

SRT_CODES: Final[dict[str, str]] = {
    "T-D8700": "85562004",
    "T-15460": "74670003",
    "T-D8800": "7569003",
    "T-D8810": "76505004",
    "T-D8600": "8205005",
    "T-D8500": "14975008",
    "T-12420": "62413002",
    "T-12430": "23416004",
    "T-12403": "110535000",
    "T-15430": "16953009",
    "T-D8200": "40983000",
    "T-12410": "85050009",
    "T-D2220": "16982005",
    "T-12280": "79601000",
    "T-12310": "51299004",
    "T-15420": "85856004",
    "T-D8104": "91470000",
    "T-D3000": "51185008",
    "T-D3200": "43799004",
    "T-11300": "113197003",
    "T-11210": "56873002",
    "T-D04FF": "421060004",
    "T-11501": "122494005",
    "T-11502": "122495006",
    "T-11503": "122496007",
    "T-11AD0": "54735007",
    "T-11BF0": "64688005",
    "T-D6000": "12921003",
    "T-D2600": "46862004",
    "T-12340": "22356005",
    "T-15680": "39723000",
    "T-D2500": "29836001",
    "T-15710": "24136001",
    "T-D9100": "68367000",
    "T-12710": "71341001",
    "T-D9200": "72696002",
    "T-12730": "64234005",
    "T-D9400": "30021000",
    "T-12740": "12611008",
    "T-12750": "87342007",
    "T-12701": "110536004",
    "T-D9700": "56459004",
    "T-15750": "70258002",
    "T-12770": "80144004",
    "T-D9800": "29707007",
    "T-D1100": "69536005",
    "T-D1600": "45048000",
    "T-D1000": "774007",
    "T-11100": "89546000",
    "T-D4000": "113345001",
    "T-D0010": "38266002",
    "T-D8000": "53120007",
    "T-D9000": "61685007",
    "R-FAB56": "416775004",
    "R-FAB55": "416550000",
    "R-FAB52": "417437006",
    "T-D9440": "53840002",
    "T-D7000": "26893007",
}
"""SNOMED-RT identifiers of older headers (designators SRT, SNM3, 99SDM) with their SCT codes."""

# --- Laterality tags ----------------------------------------------------------------------------------------------

LATERALITY_VALUES: Final = {"R": "right", "L": "left", "B": "both", "U": "unpaired"}
"""Laterality (0020,0060), Image Laterality (0020,0062), Frame Laterality (0020,9072): PS3.3 C.7.3.1, C.8.11.1,
C.7.6.16.2.8. M (mixed) is a value of some functional groups and says nothing."""

LATERALITY_CODES: Final = {
    "24028007": "right",
    "G-A100": "right",
    "7771000": "left",
    "G-A101": "left",
    "51440002": "both",
    "G-A102": "both",
}
"""Anatomic Region Modifier, CID 244 (PS3.16). Unilateral (66459002, G-A103) does not say which side."""
