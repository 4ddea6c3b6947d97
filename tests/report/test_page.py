"""Laws of the report: nothing from the data becomes markup, nothing is loaded from elsewhere, every run has one."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.manifests.check import CheckResult, Failure, Verdict
from tasks.manifests.dropped import Dropped, DroppedRow
from tasks.manifests.manifest import Account
from tasks.manifests.scores import Metrics
from tasks.manifests.weights import WeightsFacts
from tasks.report.page import build_page, visible
from tasks.report.samples import Sample
from tasks.report.words import consequence, duration, headline, moment, reason_text, statement, training_facts
from tasks.store.runs import RunRecord

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>",
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt;",
    "' onmouseover='x",
    "<!--",
    "]]>",
    "a\x00b\x1b[31m",
    "\u202eevil\u202c",
    "<svg/onload=alert(1)>",
    "https://example.org/x.png",
    "${HOME}",
]
hostile = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=30)
KNOWN = (
    "html head meta link title style body header main footer section nav p h1 h2 h3 dl dt dd div span b a ul li "
    "table thead tbody tr th td small "
    "code pre details summary bdi svg rect line circle text polyline path"
)
TAGS = set(KNOWN.split())
LOADING = {
    "src",
    "srcset",
    "href",
    "xlink:href",
    "data",
    "poster",
    "action",
    "formaction",
    "background",
    "cite",
    "ping",
    "manifest",
}


class Reader(HTMLParser):
    """Collects tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.comments: list[str] = []
        self.text = ""
        self.style = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["style"] and not self.style:
            self.style = data
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def spoiled(record: RunRecord, text: str) -> RunRecord:
    """The same run with `text` wherever a text may come from outside."""
    failure = Failure(expectation=text, column=text, severity=text, observed=text, unexpected=3, examples=(text,))
    assert record.metrics is not None
    assert record.training is not None
    metrics = record.metrics.model_dump()
    metrics["by_source"] = {text: next(iter(metrics["by_source"].values())) | {"note": text}}
    metrics["baseline"] = metrics["baseline"] | {"label": text}
    metrics["confusion"] = {"labels": [text, text], "counts": [[1, 2], [3, 4]]}
    notes = tuple(
        note.model_copy(update={"name": text, "subject": text, "state": text, "key": text}) for note in record.tasks[:2]
    )
    check = CheckResult(subject=text, passed=False, evaluated=1, failed=(failure,))
    rows = tuple(
        row.model_copy(update={"source": text, "reason": text, "dropped": {text: 1}}) for row in record.receipt[:1]
    )
    row = DroppedRow(
        source=text, row_id=text, reason=text, text=text, other=f"holdout/{text}", other_text=text, score=0.9, why=text
    )
    step = Dropped(
        step=text,
        counts={text: {text: 1}},
        figures={text: text},
        by_source={text: {text: text}},
        score=text,
        examples=(row,),
    )
    changes: dict[str, Any] = {
        "name": text,
        "run": text,
        "error": text,
        "labels": (text, text + "2"),
        "metrics": Metrics.model_validate(metrics),
        "tasks": notes,
        "flow_run_id": text,
        "recipe": {text: [text]},
        "accounts": (Account(source=text, read=2, dropped={text: 1}, rows=1),),
        "versions": {text: text},
        "training": record.training.model_copy(update={"architecture": text}),
        "dropped": (step,),
        "checks": (check,),
        "verdicts": (Verdict(subject=text, action=text, reason=text),),
        "receipt": rows,
    }
    return record.model_copy(update=changes)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=hostile)
def test_no_text_becomes_markup(record: RunRecord, text: str) -> None:
    page = build_page(
        spoiled(record, text), [Sample(source=text, row_id=text, label=text, text=text)], {text: {text: 2}}
    )
    read = Reader(page.encode().decode())
    plain = Reader(
        build_page(spoiled(record, "x"), [Sample(source="x", row_id="x", label="x", text="x")], {"x": {"x": 2}})
    )
    assert set(read.tags) <= TAGS
    assert read.comments == []
    assert sorted(set(read.tags)) == sorted(set(plain.tags))
    assert [(tag, name) for tag, name, _ in read.attributes] == [(tag, name) for tag, name, _ in plain.attributes]
    assert not [name for _, name, _ in read.attributes if name.startswith("on")]
    assert read.style == plain.style
    assert visible(text).strip() in read.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(text=hostile)
def test_the_page_loads_nothing(record: RunRecord, text: str) -> None:
    read = Reader(build_page(spoiled(record, text), [Sample(source="s", row_id="r", label="l", text=text)], {}))
    loaded = [value for _, name, value in read.attributes if name in LOADING]
    assert all(value.startswith("#") or value == "data:," for value in loaded), loaded
    styles = read.style + " ".join(value for _, name, value in read.attributes if name == "style")
    assert not re.search(r"url\(|@import|expression\(", styles)
    assert "script" not in read.tags
    policies = [
        value for tag, name, value in read.attributes if (tag, name) == ("meta", "content") and "default-src" in value
    ]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


@given(st.text())
def test_visible_text_can_stand_in_a_utf8_page(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", shown)
    assert visible(shown) == shown
    assert len(shown) == len(text)


def test_every_anchor_leads_somewhere(
    record: RunRecord, samples: list[Sample], labels: Any, unfinished: RunRecord
) -> None:
    for page in (build_page(record, samples, labels), build_page(unfinished, [], {})):
        read = Reader(page)
        targets = {value for _, name, value in read.attributes if name == "id"}
        assert {value[1:] for tag, name, value in read.attributes if (tag, name) == ("a", "href")} == targets


def test_tags_are_closed_in_order(
    record: RunRecord, samples: list[Sample], labels: Any, unfinished: RunRecord, mix_only: RunRecord
) -> None:
    empty = {"meta", "link"}

    class Nesting(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag not in empty:
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    for page in (
        build_page(record, samples, labels),
        build_page(unfinished, [], {}),
        build_page(mix_only, samples, labels),
    ):
        nesting = Nesting()
        nesting.feed(page)
        assert nesting.open == []


def words_of(page: str) -> str:
    return " ".join(Reader(page).text.split())


def test_a_full_report_says_what_was_mixed_and_how_good_it_is(
    record: RunRecord, samples: list[Sample], labels: Any
) -> None:
    text = words_of(build_page(record, samples, labels))
    for part in (
        "What was mixed",
        "Where the rows went",
        "Checks",
        "Scores",
        "Learning curves",
        "Labels in the mix",
        "Sample rows",
        "How to reproduce",
    ):
        assert part in text
    for row in record.receipt:
        assert f"{row.rows:,}" in text
        assert f"{100 * row.share_tokens:.1f} %" in text
    assert "<script>alert('x')</script>" in text
    assert record.mix is not None
    assert record.mix.sha256 in text
    assert "Expected calibration error 0.041 (0.030 to 0.052), where chance alone makes 0.014" in text
    assert '@airline thanks for the <b>"upgrade"</b>' in text


def test_the_figures_behind_the_weights_are_shown(record: RunRecord, samples: list[Sample], labels: Any) -> None:
    why = [{"source": row.source, "quality": 0.875, "weight": row.requested} for row in record.receipt]
    news = WeightsFacts(weights={"news": 1.0}, requested={}, reasons={}, method={"kind": "score"}, why=tuple(why))
    page = words_of(build_page(record.model_copy(update={"weights": news}), samples, labels))
    assert "Figures behind score" in page
    assert "0.875" in page
    phases = tuple(news.model_copy(update={"share": share, "why": ()}) for share in (0.75, 0.25))
    weights = news.model_copy(update={"phases": phases})
    page = words_of(build_page(record.model_copy(update={"weights": weights}), samples, labels))
    assert "Phase 1: 75" in page
    assert "Phase 2: 25" in page


def test_a_run_that_ended_with_the_mix_has_no_scores(mix_only: RunRecord, samples: list[Sample], labels: Any) -> None:
    text = words_of(build_page(mix_only, samples, labels))
    assert "No model was trained." in text
    assert "What was mixed" in text
    assert not {"Confusion", "Calibration"} & {*text.split()}
    assert "Learning curves" not in text


def test_a_failed_run_says_what_stopped_it_and_what_to_do(unfinished: RunRecord) -> None:
    text = words_of(build_page(unfinished, [], {}))
    assert "The run failed in gate-checks (sources). Nothing was published." in text
    assert "39 of 1,683 rows are longer than 2,000 characters" in text
    assert "Mend that, then give the same command again" in text


def test_a_run_that_failed_at_once_has_a_report_too() -> None:
    bare = RunRecord(
        run="r",
        name="n",
        started="2026-11-23T18:00:00+00:00",
        finished="2026-11-23T18:00:01+00:00",
        seconds=1,
        recipe={},
        status="failed",
    )
    assert "The run failed." in words_of(build_page(bare, [], {}))


def test_the_same_run_has_the_same_page(record: RunRecord, samples: list[Sample], labels: Any) -> None:
    assert build_page(record, samples, labels) == build_page(record, samples, labels)


def changed(record: RunRecord, **metrics: Any) -> RunRecord:
    assert record.metrics is not None
    return record.model_copy(update={"metrics": Metrics.model_validate(record.metrics.model_dump() | metrics)})


def test_the_headline_claims_a_difference_only_outside_the_interval(record: RunRecord) -> None:
    low = {"label": "negative", "macro_f1": 0.3}
    better = changed(record, accuracy=0.8, accuracy_interval=[0.7, 0.9], baseline=low | {"accuracy": 0.6})
    same = changed(record, accuracy=0.8, accuracy_interval=[0.7, 0.9], baseline=low | {"accuracy": 0.75})
    worse = changed(record, accuracy=0.4, accuracy_interval=[0.3, 0.5], baseline=low | {"accuracy": 0.6})
    assert "80.0 % of the rows kept aside (70.0 to 90.0), against 60.0 % for always answering “negative”." in headline(
        better
    )
    assert "no detectable difference from always answering “negative” (75.0 %)" in headline(same)
    assert "worse than the 60.0 % of always answering" in headline(worse)


def test_the_interval_of_the_gain_decides_where_there_is_one(record: RunRecord) -> None:
    base = {"label": "negative", "macro_f1": 0.3, "accuracy": 0.6, "gain_interval": [-0.01, 0.3]}
    assert "no detectable difference" in headline(
        changed(record, accuracy=0.8, accuracy_interval=[0.7, 0.9], baseline=base)
    )


def test_every_source_stands_against_its_own_baseline_and_a_linear_model(record: RunRecord) -> None:
    assert record.metrics is not None
    linear = {"accuracy": 0.8, "macro_f1": 0.7, "gain": 0.02, "gain_interval": [-0.01, 0.05]}
    own = {"own": {"accuracy": 0.635, "macro_f1": 0.3}}
    by_source = {
        name: score.model_dump() | ({"baselines": own, "linear": linear} if name == "films" else {})
        for name, score in record.metrics.by_source.items()
    }
    whole = changed(record, by_source=by_source, linear=linear)
    page = build_page(whole, [], {})
    bars = re.findall(r"<div><b>([\w-]+)</b>\s*<svg[^>]*aria-label=\"([^\"]*)\">(.*?)</svg>", page, re.DOTALL)
    told = {name: label.partition(", to beat ")[2] for name, label, _ in bars if name in ("all", *by_source)}
    assert told == {"all": "0.539", "films": "0.635"} | dict.fromkeys(set(by_source) - {"films"}, "")
    for mark in ("base", "ring"):
        assert [name for name, _, inside in bars if f'class="{mark}"' in inside] == ["all", "films"]
    said = "The model does not beat a linear model trained on the same mix (80.0 %): +2.0 points, −1.0 to +5.0."
    assert said in headline(whole)
    assert [said in words_of(page), said in words_of(build_page(record, [], {}))] == [True, False]


def test_headline_and_summary_say_that_training_was_cut(record: RunRecord) -> None:
    assert record.training
    training = record.training.model_copy(update={"steps": 1_200, "planned": 1_875})
    cut, told = record.model_copy(update={"training": training}), "The training was cut by its time limit at step "
    assert f"{told}1,200 of 1,875." in headline(cut)
    assert cut.summary()["cut"] == f"{told}1,200 of 1,875."
    assert told not in headline(record)
    assert "cut" not in record.summary()


def test_sources_stand_in_the_recipes_order_with_their_notes(record: RunRecord) -> None:
    assert record.metrics is not None
    assert list(record.metrics.by_source) == [account.source for account in record.accounts]
    by_source = {
        name: score.model_copy(update={"note": f"few rows of {name}"})
        for name, score in record.metrics.by_source.items()
    }
    text = words_of(build_page(changed(record, by_source=by_source, confidence=0.9), [], {}))
    places = [text.index(f"few rows of {account.source}") for account in record.accounts]
    assert places == sorted(places)
    assert "with 90 % bootstrap intervals" in text


def test_the_headline_counts_checks(record: RunRecord) -> None:
    assert headline(record).endswith("1 of 7 checks failed: developer-posts.")
    passed = tuple(check.model_copy(update={"passed": True}) for check in record.checks)
    assert headline(record.model_copy(update={"checks": passed})).endswith("All 7 checks passed.")
    assert headline(record.model_copy(update={"checks": passed[:1]})).endswith("It passed its check.")


few = st.integers(0, 99)


@st.composite
def some_accounts(draw: st.DrawFn) -> Account:
    dropped = draw(st.dictionaries(st.sampled_from(["where", "too_long", "new_code"]), few))
    bad, rows, held = draw(few), draw(few), draw(few)
    return Account(
        source="s",
        read=bad + sum(dropped.values()) + rows + held,
        quarantined=bad,
        dropped=dropped,
        rows=rows,
        holdout=held,
    )


@given(st.lists(some_accounts(), min_size=1, max_size=5))
def test_the_statement_adds_up(accounts: list[Account]) -> None:
    lines = statement(tuple(accounts))
    assert lines[-1][2] == lines[0][2]
    assert all(numbers[-1] == sum(numbers[:-1]) for _, _, numbers in lines)
    assert len({text for _, text, _ in lines}) == len(lines)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (60, "1 min 0 s"), (251.5, "4 min 12 s"), (7300, "2 h 1 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_what_a_training_was_is_told_in_words(record: RunRecord) -> None:
    assert record.training is not None
    assert training_facts(record.training) == [
        "bert",
        "22,713,986 parameters",
        "1,875 optimiser steps",
        "3 times through the mix",
        "20,000 examples of 1,204,000 tokens",
        "112 of them cut at 128 tokens",
    ]
    more = {"kept": 459, "planned": 2000, "accumulate": 4, "learning": 1000, "truncated": 0}
    told = training_facts(record.training.model_copy(update=more))
    assert "1,875 optimiser steps of 2,000 planned" in told
    assert "published as of step 459, the best by the validation rows" in told
    assert "every batch in 4 parts, for memory" in told
    assert "1,000 of them or of their updates learned" in told
    assert not any("cut" in fact for fact in told)


def test_words_for_codes_times_and_consequences() -> None:
    assert reason_text("exact_duplicate") == "repeats a row of the same source"
    assert reason_text("some_new_code") == "some new code"
    assert moment("2026-11-23T18:00:00.000+00:00") == "2026-11-23 18:00 UTC"
    assert moment("2026-11-23T18:00:00+02:00") == "2026-11-23 18:00 +02:00"
    assert [
        consequence(Verdict(subject="s", action=a, factor=0.5)) for a in ("keep", "warn", "quarantine", "downweight")
    ] == [
        "",
        "kept, with a warning",
        "left out",
        "weight × 0.50",
    ]
