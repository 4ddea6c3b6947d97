"""Dataset card and model card: Markdown with the YAML front matter that the Hub reads.

Every value that a template shows is escaped, whatever it is, unless it is wrapped in `Raw` here.
"""

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import yaml

from tasks.manifests.dropped import figure_text, in_words
from tasks.manifests.manifest import Manifest
from tasks.manifests.plan import ReceiptRow, with_loss_weights, with_training
from tasks.manifests.pool import MixFacts
from tasks.manifests.scores import Metrics, Score
from tasks.objectives.described import about_columns, published_layout
from tasks.objectives.parts import measures_of
from tasks.programs import words
from tasks.publish.features import features_of
from tasks.publish.licences import conflicts, obligations
from tasks.publish.stage import MixStage, TrainedStage, only_stage
from tasks.rows.files import side_glob, sides_of
from tasks.rows.layout import layout_of
from tasks.store.runs import PublishedMix, RunStart

_NAMES = (
    "afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 c-uda cc "
    "cc0-1.0 cc-by-2.0 cc-by-2.5 "
    "cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 "
    "cc-by-nc-sa-3.0 "
    "cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cdla-permissive-1.0 cdla-permissive-2.0 "
    "cdla-sharing-1.0 ecl-2.0 epl-1.0 "
    "epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 gfdl gpl gpl-2.0 gpl-3.0 isc lgpl lgpl-2.1 lgpl-3.0 mit mpl-2.0 ms-pl "
    "ncsa odbl odc-by ofl-1.1 "
    "osl-3.0 pddl postgresql unlicense wtfpl zlib unknown other"
)
HUB_LICENCES = frozenset(_NAMES.split())
"""Licence names that the Hub knows."""
SIZES = (
    ("n<1K", 10**3),
    ("1K<n<10K", 10**4),
    ("10K<n<100K", 10**5),
    ("100K<n<1M", 10**6),
    ("1M<n<10M", 10**7),
    ("10M<n<100M", 10**8),
)
EXAMPLES = 2
"""Most dropped rows of a step that a card shows."""
HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")


class Raw(str):
    """Text that is Markdown already."""

    __slots__ = ()


def escape(value: object) -> str:
    """Make a value harmless inside a line or a table cell of Markdown."""
    if isinstance(value, Raw):
        return value
    flat = " ".join("".join(char if char.isprintable() or char.isspace() else "\ufffd" for char in str(value)).split())
    return html.escape(re.sub(r"([\\`*_{}\[\]|~#])", r"\\\1", flat), quote=False)


def receipt_of(stage: MixStage, mix: Manifest[MixFacts]) -> tuple[ReceiptRow, ...]:
    """Give the receipt of a mix as the run sees it, its training counted in."""
    return with_training(with_loss_weights(mix.facts.receipt, stage.loss_weights or {}), stage.epochs)


def dataset_card(start: RunStart, mix: Manifest[MixFacts], sha256: str, stage: MixStage | None = None) -> str:
    """Write the card of a published mix.

    Args:
        stage: what learns from it, where the training has several stages.
    """
    licences, stage = licences_of(start), stage or only_stage(start)
    recipe, aside = start.recipe, sum(account.holdout + account.validation for account in mix.accounts)
    splits = [{"split": split, "path": side_glob(split)} for split in sides_of(mix)]
    layout = published_layout(recipe["task"], recipe.get("labels") or (), layout_of(mix))
    front = {
        **_front(start),
        "pretty_name": start.name,
        "task_categories": [measures_of(stage.task).hub],
        "size_categories": [size_category(mix.rows + aside)],
        "configs": [{"config_name": "default", "data_files": splits}],
        "dataset_info": {"config_name": "default", "features": features_of(layout, mix.columns.get("media"))},
    }
    return _render(
        "dataset_card.md.j2",
        start,
        front,
        rows=mix.rows,
        tokens=mix.tokens,
        aside=aside,
        sides=sides_of(mix),
        receipt=receipt_of(stage, mix),
        stage=stage,
        accounts=mix.accounts,
        media=mix.columns.get("media"),
        steps=_steps(mix),
        labelled=mix.facts.labelled,
        augmented=mix.facts.augmented,
        columns=about_columns(recipe["task"], layout),
        sources=_sources(recipe),
        unit=stage.unit,
        sha256=sha256,
        obligations=obligations(licences),
        conflicts=conflicts(licences, recipe["publish"].get("licence")),
    )


def licences_of(start: RunStart) -> dict[str, str | None]:
    """Give the licence of every source, as the recipe says it."""
    return {name: source.get("licence") for name, source in start.recipe["sources"].items()}


def _steps(mix: Manifest[MixFacts]) -> list[dict[str, object]]:
    """Lay out what each step dropped: its figures, a line for each source, and a few rows."""
    return [
        {
            "title": step.title,
            "rows": step.rows,
            "figures": in_words(step.figures),
            "sources": [(name, step.of_source(name)) for name in step.sources],
            "score": step.score,
            "examples": step.examples[:EXAMPLES],
        }
        for step in mix.facts.dropped
    ]


def _sources(recipe: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "origin": str(source.get("hub") or source.get("path") or source["kind"]),
            "revision": source.get("revision") or "",
            "licence": source.get("licence") or "not stated",
        }
        for name, source in recipe["sources"].items()
    ]


def model_card(
    start: RunStart,
    metrics: Metrics,
    receipt: list[dict[str, Any]],
    mix: PublishedMix,
    cut: str = "",
    earlier: Sequence[TrainedStage] = (),
) -> str:
    """Write the card of a published model.

    Args:
        cut: says that its training was cut, as a sentence goes on.
        earlier: the stages of its training before the last one.
    """
    recipe, base = start.recipe, model_named(start)
    measured = measures_of(recipe["task"])
    front = {
        **_front(start),
        "library_name": "transformers",
        "pipeline_tag": measured.hub,
        "metrics": [measure.hub for measure in measured.measures],
        "model-index": [{"name": start.name, "results": _results(start, metrics)}],
    }
    if isinstance(base, str) and HUB_NAME.fullmatch(base):
        front["base_model"] = base
    return _render(
        "model_card.md.j2",
        start,
        front,
        metrics=metrics,
        measured=measured,
        words=words,
        use=Raw(measured.use),
        receipt=receipt,
        mix=mix,
        cut=cut,
        earlier=earlier,
        base=base if isinstance(base, str) else None,
        confidence=f"{100 * recipe['evaluate']['confidence']:g}",
    )


def model_named(start: RunStart) -> object:
    """Give the model that training started with, as the recipe says it; a training in stages names it in the first."""
    train = start.recipe["train"]
    return (train[0] if isinstance(train, list) else train)["model"]


def size_category(rows: int) -> str:
    """Give the Hub's name for a size."""
    return next((name for name, limit in SIZES if rows < limit), "n>100M")


def hub_licence(licence: str | None) -> dict[str, str]:
    """Give the front matter for an SPDX name: the Hub's own name for it, or `other` with the name beside it."""
    if licence is None:
        return {"license": "unknown"}
    low = licence.lower()
    spellings = (low, low.removesuffix("-only").removesuffix("-or-later"), low.removesuffix("-1.0"))
    known = next((spelling for spelling in spellings if spelling in HUB_LICENCES), None)
    return (
        {"license": known}
        if known
        else {"license": "other", "license_name": re.sub(r"[^a-z0-9.-]+", "-", low).strip("-")}
    )


def _front(start: RunStart) -> Mapping[str, object]:
    publish = start.recipe["publish"]
    language = {"language": list(publish["language"])} if publish["language"] else {}
    return language | hub_licence(publish.get("licence")) | {"tags": ["cuvee"]}


def _results(start: RunStart, metrics: Metrics) -> list[dict[str, object]]:
    held_out = [("all", metrics), *metrics.by_source.items()]
    named = [(f"{start.name}, hold-out of {name}", name, "holdout", score) for name, score in held_out]
    named += [(f"{start.name}, evaluation set {name}", name, "test", score) for name, score in metrics.sets.items()]
    return [_result(start, *one) for one in named]


def _result(start: RunStart, name: str, of: str, split: str, score: Score) -> dict[str, object]:
    measured = measures_of(start.recipe["task"])
    return {
        "task": {"type": measured.hub},
        "dataset": {"name": name, "type": start.name, "config": of, "split": split},
        "metrics": [
            {"type": measure.hub, "name": measure.title, "value": round(score.measures[measure.key].value, 4)}
            for measure in measured.measures
        ],
    }


def _render(template: str, start: RunStart, front: Mapping[str, object], **values: object) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        finalize=escape,
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 (Markdown: `escape` does it)
    )
    return environment.get_template(template).render(
        front=Raw(yaml.safe_dump(front, sort_keys=False, allow_unicode=True)),
        name=start.name,
        task=start.recipe["task"],
        labels=start.recipe.get("labels", ()),
        description=start.recipe["publish"]["description"],
        recipe=Raw(fenced(recipe_yaml(start), "yaml")),
        unreached=start.unreached,
        percent=_percent,
        figure_text=figure_text,
        **values,
    )


def recipe_yaml(start: RunStart) -> str:
    """Write the whole recipe as YAML."""
    return yaml.safe_dump(start.recipe, sort_keys=False, allow_unicode=True)


def fenced(text: str, language: str) -> str:
    """Put a text into a code block that it cannot end."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
