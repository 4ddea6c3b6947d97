"""The languages that py3langid tells apart, and how else people call them."""

from tasks.core.suggest import nearest

CODES = """
ace af am an ar ary arz as az ba bcl be bg bn br bs ca crh cs cy da de dz el en eo es et eu ext fa fi fo fr fuv fy
ga gcf gcr gd gl gom grc gu gug guw ha hbo he hi hr ht hu hy id ig is it ja jv ka kab kik kk km kn ko ku ky la lb lg
lij ln lo lt ltg lv mg mk ml mn mr ms mt my ne nl nn no nso oc om or pa pcm pl ps pt qu ro ru rw sa sdh se si sk sl
sn so sq sr st sv sw ta te tg th tk tl tr tt ug uk ur uz uzs vec vi vo wa wuu xh yo yue zh zu zxx
"""
"""Codes of the languages; zxx is no language at all."""
OTHERWISE = """
af afr afrikaans | am amh amharic | ar ara arb arabic | as asm assamese | az aze azj azerbaijani | ba bak bashkir
be bel belarusian | bg bul bulgarian | bn ben bengali bangla | br bre breton | bs bos bosnian | ca cat catalan
cs ces cze czech | cy cym wel welsh | da dan danish | de deu ger german | el ell gre greek | en eng english
eo epo esperanto | es spa spanish castilian | et est ekk estonian | eu eus baq basque | fa fas per pes persian farsi
fi fin finnish | fo fao faroese | fr fra fre french | fy fry frisian | ga gle irish | gd gla gaelic | gl glg galician
gu guj gujarati | ha hau hausa | he heb iw hebrew | hi hin hindi | hr hrv croatian | ht hat haitian | hu hun hungarian
hy hye arm armenian | id ind indonesian | ig ibo igbo | is isl ice icelandic | it ita italian | ja jpn jp japanese
jv jav javanese | ka kat geo georgian | kk kaz kazakh | km khm khmer | kn kan kannada | ko kor korean | ku kur kurdish
ky kir kyrgyz | la lat latin | lb ltz luxembourgish | ln lin lingala | lo lao | lt lit lithuanian | lv lav lvs latvian
mg mlg malagasy | mk mkd mac macedonian | ml mal malayalam | mn mon mongolian | mr mar marathi | ms msa may zsm malay
mt mlt maltese | my mya bur burmese | ne nep npi nepali | nl nld dut dutch flemish | nn nno nynorsk
no nor nb nob norwegian bokmal bokmål | oc oci occitan | or ori ory odia oriya | pa pan punjabi panjabi | pl pol polish
ps pus pashto | pt por portuguese | qu que quechua | ro ron rum romanian | ru rus russian | rw kin kinyarwanda
sa san sanskrit | si sin sinhala | sk slk slo slovak | sl slv slovene slovenian | sn sna shona | so som somali
sq sqi alb albanian | sr srp serbian | sv swe swedish | sw swa swh swahili | ta tam tamil | te tel telugu
tg tgk tajik | th tha thai | tk tuk turkmen | tl tgl fil tagalog filipino | tr tur turkish | tt tat tatar
ug uig uyghur | uk ukr ukrainian | ur urd urdu | uz uzb uzbek | vi vie vietnamese | xh xho xhosa | yo yor yoruba
yue cantonese | zh zho chi cmn chinese mandarin | zu zul zulu
"""
"""Code, its ISO 639-2 and 639-3 codes, and English names."""
BY_NAME = {code: code for code in CODES.split()} | {
    name: entry.split()[0] for entry in OTHERWISE.replace("\n", "|").split("|") for name in entry.split()
}


def code_of(language: str) -> str:
    """Give the code of a language by its code, with a country or a script if one likes, or its English name.

    Raises:
        ValueError: none is called so.
    """
    plain = language.strip().lower()
    code = BY_NAME.get(plain) or BY_NAME.get(plain.replace("_", "-").partition("-")[0])
    if code is None:
        raise ValueError(
            f"{language!r} is no language that can be told;{nearest(plain, BY_NAME).partition(' known:')[0]} "
            f"known: {', '.join(CODES.split())}"
        )
    return code
