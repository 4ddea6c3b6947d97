"""What a tagger is measured by."""

from tasks.objectives.measuring import Measure, Measured, by_pipeline, perplexity

USE = f"""\
from collections import Counter

{by_pipeline("tag", "token-classification")}
room = tag.tokenizer.model_max_length - tag.tokenizer.num_special_tokens_to_add(pair=False)


def read(words):  # the tag of the first piece of each word
    given = tag.tokenizer([words], is_split_into_words=True, truncation=True, return_tensors="pt")
    likeliest = tag.model(**given.to(tag.device)).logits[0].argmax(-1).tolist()
    first = {{word: at for at, word in reversed([*enumerate(given.word_ids(0))])}}
    names, other = tag.model.config.id2label, "O" if "O" in tag.model.config.label2id else tag.model.config.id2label[0]
    return [names[likeliest[first[at]]] if at in first else other for at in range(len(words))]


def tags(words):  # of a text of any length, which is read in parts
    pieces = Counter(tag.tokenizer([words], is_split_into_words=True, add_special_tokens=False).word_ids(0))
    parts, held = [[]], 0
    for at, word in enumerate(words):
        if parts[-1] and held + pieces[at] > room:
            parts, held = [*parts, []], 0
        parts[-1].append(word)
        held += pieces[at]
    return [name for part in parts if part for name in read(part)]


tags(["a", "text"])"""

MEASURED = Measured(
    measures=(
        Measure(key="entity_f1", name="entity F1", hub="f1"),
        Measure(key="tag_accuracy", name="tags right", hub="accuracy", share=True),
        perplexity("tag_perplexity", "perplexity of tags", against="guess by frequency"),
    ),
    does="reaches an entity F1 of {} on the rows kept aside",
    baseline="look-up of tags",
    baseline_does="giving each word its commonest tag",
    hub="token-classification",
    model="tagger",
    takes="an encoder such as bert, distilbert or roberta",
    use=USE,
    weighs="words",
    compared_by="tag_perplexity",
    cuts=False,
)
