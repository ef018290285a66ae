"""Guessing the language of someone's words: by small words that give it away, and by those that
short messages about a symptom are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from profiles import Language

_SPANISH: Final = frozenset(
    "hola buenos buenas dias tardes noches que como cuando donde cuanto cuantos cual quien por "
    "para con sin puedo puede debo tengo tiene necesito quiero mi mis la el los las lo un una es "
    "esta estoy esto eso cita gracias favor usted espanol ayuda comer beber tomar agua medicina "
    "medicinas duele dolor columna espalda fractura y o del al se le les nos su sus yo ya ni muy "
    "pero porque si no hay ser son era fue va voy soy hasta desde antes despues hace todo nada "
    "mas hoy manana anoche ayer en tu te ella ellos ustedes dejen manden mensaje mensajes mucho "
    "sangre sangrando aire respirar respiro tome repente siento pecho cara boca lengua cabeza lado "
    "pierna piernas sobredosis pastillas fiebre calentura escalofrios habla hablo falta ahogo "
    "ahogandome desmayo desmaye derrame hinchada encima mejor morirme matarme matar suicidio vivir "
    "vida ayudenme kiero quede acabo puse".split()
)
_ENGLISH: Final = frozenset(
    "hi hello hey good morning what how when where why who which can could should would will do "
    "does did dont doesnt didnt is isnt are was were be been am im its thats my your the an i you "
    "he she we they his her him our it this that these those for with without from at by as if so "
    "but not no please thanks thank english help eat drink take took get got have has had need "
    "want stop text texts texting call called messages reminder water medicine pain back spine "
    "fracture appointment and or of to in on up off out about after before there here all any "
    "just more now cant wont couldnt like since having hes shes feel feeling legs leg foot chest "
    "myself blood bloody bleeding face arm tongue throat breath breathing numb numbness speech "
    "lost gone sudden today down bad fever headache thermometer wound oozing urine pulse racing "
    "attack pills swallowed suicidal fainted slurring talking dead reaction oxygen".split()
)


def guess_language(words: Sequence[str]) -> Language | None:
    """`en` or `es` where more of the (normalised) words are of that language; `None` if unsure."""
    spanish = sum(word in _SPANISH for word in words)
    english = sum(word in _ENGLISH for word in words)
    if spanish == english:
        return None
    return "es" if spanish > english else "en"
