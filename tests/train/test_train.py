"""Training learns, resumes to the same weights, dies with its parent, and tells what went wrong."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import TrainerControl, TrainerState

from tasks.core.errors import RecipeError, TrainingFailed
from tasks.core.records import Objective
from tasks.evaluate.settings import EvaluateSettings
from tasks.evaluate.task import evaluate_model
from tasks.experiments.trial.settings import LinearSettings
from tasks.manifests.manifest import Account, FileFact, Manifest
from tasks.manifests.model import ModelFacts
from tasks.manifests.plan import ReceiptRow, with_training
from tasks.manifests.pool import MixFacts
from tasks.models.vocabularies import word_pieces
from tasks.train import launch
from tasks.train.early_end import SPENT, EarlyEnd
from tasks.train.job import Job, Message
from tasks.train.order import WINDOW_BATCHES, WindowedLengths
from tasks.train.settings import BuiltModel, TrainSettings
from tasks.train.task import probe_model, train_model

LABELS = ("negative", "positive")
OBJECTIVE = Objective(task="text-classification", labels=LABELS)
TINY = BuiltModel(
    vocabulary=300,
    config={
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 32,
    },
)
TINY_GPT = BuiltModel(
    architecture="gpt2",
    vocabulary=300,
    config={"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 32, "resid_pdrop": 0.1},
)
WORDS = Objective(task="language-modelling")
COVERED = Objective(task="masked-language-modelling")
GOOD, BAD = ("great", "lovely", "superb", "fine"), ("awful", "dull", "poor", "sad")


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    store = tmp_path_factory.mktemp("store")
    folder = store / "snapshots/mix/m/data"
    folder.mkdir(parents=True)
    for name, size, seed in (("train-00000", 192, 0), ("holdout-a", 40, 1), ("holdout-b", 40, 2)):
        rng = np.random.default_rng(seed)
        kind = rng.integers(2, size=size)
        words = [(BAD, GOOD)[number][rng.integers(4)] for number in kind]
        texts = [f"the film number {rng.integers(50)} was {word} and {word}" for word in words]
        frame = pl.DataFrame(
            {
                "row_id": [f"{name}:{n}" for n in range(size)],
                "source": name[-1],
                "text": texts,
                "label": [LABELS[number] for number in kind],
            }
        )
        frame.with_columns(pl.lit(8, pl.UInt32).alias("tokens")).write_parquet(folder / f"{name}.parquet")
    files = tuple(
        FileFact(name=f"data/{path.name}", bytes=path.stat().st_size, sha256="") for path in sorted(folder.iterdir())
    )
    said = {"stage": "mix", "subject": "mix", "key": "m", "path": "snapshots/mix/m"}
    accounts = (Account(source="0", read=192, rows=192), *(Account(source=name, read=40, holdout=40) for name in "ab"))
    return store, Manifest[MixFacts](**said, files=files, rows=192, accounts=accounts, facts=MixFacts(receipt=()))


@pytest.fixture(scope="module")
def two_sources(mix: tuple[Path, Manifest], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """The same mix, as if it came from two sources."""
    store = tmp_path_factory.mktemp("two")
    shutil.copytree(mix[0], store, dirs_exist_ok=True)
    path = store / "snapshots/mix/m/data/train-00000.parquet"
    halves = pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("easy")).otherwise(pl.lit("hard"))
    pl.read_parquet(path).with_columns(source=halves).write_parquet(path)
    return store, mix[1]


def settings(**more: Any) -> TrainSettings:
    return TrainSettings(
        **({"model": TINY, "epochs": 8, "batch_size": 16, "learning_rate": 1e-2, "max_tokens": 32} | more)
    )


def trained(
    mix: tuple[Path, Manifest], chosen: TrainSettings, base: str = ".", objective: Objective = OBJECTIVE
) -> Manifest[ModelFacts]:
    seen = probe_model.function(chosen, base)
    return train_model.of("model").run(str(mix[0]), [seen], [mix[1]], chosen, objective, 0, base)


def outcome(store: Path, model: Manifest) -> tuple[str, str]:
    return (store / model.path / "training-curve.json").read_text(), model.file("model/model.safetensors").sha256


def test_tiny_model_learns_and_is_scored(mix: tuple[Path, Manifest]) -> None:
    model = trained(mix, settings())
    asked = (str(mix[0]), model, mix[1], EvaluateSettings(), OBJECTIVE, 0)
    metrics = evaluate_model.of("model").run(*asked, LinearSettings()).facts.metrics
    assert metrics.measures["accuracy"].value > 0.95
    assert metrics.baseline.gain_interval
    assert metrics.baseline.gain_interval[0] > 0.2
    assert list(metrics.by_source) == ["a", "b"]
    assert metrics.linear
    assert metrics.linear.measures["accuracy"].value > 0.95
    assert metrics.linear.gain_interval
    assert metrics.linear.gain_interval[0] <= 0, "a word decides, which a linear model learns as well"
    assert all(score.linear for score in metrics.by_source.values())
    other = mix[1].model_copy(update={"accounts": mix[1].accounts[::-1], "fingerprint": "0" * 64})
    alone = evaluate_model.of("model").run(asked[0], model, other, *asked[3:]).facts.metrics
    assert (alone.linear, list(alone.by_source)) == (None, ["b", "a"]), "sources stand in the recipe's order"
    curve = json.loads((mix[0] / model.path / "training-curve.json").read_text())
    assert curve[-1]["step"] == 96 == model.facts.steps
    assert curve[-1]["holdout_loss"] < curve[0]["holdout_loss"]
    config = json.loads((mix[0] / model.path / "model/config.json").read_text())
    assert config["id2label"] == {"0": "negative", "1": "positive"}
    assert not [file.name for file in model.files if file.name.endswith((".bin", ".pkl", ".pt"))]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("objective", "online"),
    [
        (OBJECTIVE, None),
        (WORDS, {"kind": "bandit", "every": 7}),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                (WORDS, None),
                (COVERED, None),
                (OBJECTIVE, {"kind": "bandit", "every": 7}),
                (OBJECTIVE, "group-dro"),
                (WORDS, "group-dro"),
            )
        ),
    ],
)
def test_killed_training_resumes_to_the_same_weights_and_curve(
    two_sources: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch, online: Any, objective: Objective
) -> None:
    model = TINY_GPT if objective is WORDS else TINY
    mix, chosen = two_sources, settings(epochs=6, weight_decay=0.02, online=online, model=model)
    killed: list[int] = []

    def kill_at_half(line: str) -> Message | None:
        message = read(line)
        if not killed and message and message.step >= 40:
            killed.append(message.step)
            for pid in launch.children:
                os.killpg(pid, signal.SIGKILL)
        return message

    read = launch.message_in
    monkeypatch.setattr(launch, "message_in", kill_at_half)
    with pytest.raises(TrainingFailed, match="SIGKILL; the same command goes on"):
        trained(mix, chosen, objective=objective)
    resumed = trained(mix, chosen, objective=objective)
    steps: list[int] = []

    def note_step(line: str) -> Message | None:
        message = read(line)
        steps.append(message.step if message else 0)
        return message

    monkeypatch.setattr(launch, "message_in", note_step)
    (mix[0] / resumed.path / "manifest.json").unlink()
    whole = trained(mix, chosen, objective=objective)
    assert min(step for step in steps if step) == 1
    assert outcome(mix[0], resumed) == outcome(mix[0], whole)
    assert resumed.facts == whole.facts


def test_the_machine_s_threads_change_no_weight_but_those_of_the_recipe_may(
    mix: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Manifest[ModelFacts]] = []
    for of_machine, of_recipe in ((1, 2), (2, 2), (2, 1)):
        monkeypatch.setenv("OMP_NUM_THREADS", str(of_machine))
        made.append(trained(mix, settings(epochs=2, threads=of_recipe)))
        (mix[0] / made[-1].path / "manifest.json").unlink()
    assert made[0].key == made[1].key != made[2].key
    assert made[0].file("model/model.safetensors").sha256 == made[1].file("model/model.safetensors").sha256


@pytest.mark.slow
def test_training_saves_a_checkpoint_on_sigterm_and_goes_on_from_it_to_the_same_weights(
    two_sources: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checkpoints of this training lie 6 steps apart; SIGTERM comes between two of them."""
    mix, chosen, steps, read = two_sources, settings(epochs=6, weight_decay=0.03), list[int](), launch.message_in
    asked: list[int] = []

    def ask_at_half(line: str) -> Message | None:
        message = read(line)
        steps.append(message.step if message else 0)
        if not asked and steps[-1] >= 40:
            asked.append(steps[-1])
            launch.stop_all()
        return message

    monkeypatch.setattr(launch, "message_in", ask_at_half)
    with pytest.raises(TrainingFailed, match=r"saved step \d+ of 72; the same command goes on from there") as told:
        trained(mix, chosen)
    saved = int(str(told.value).split("saved step ")[1].split()[0])
    assert 40 <= saved < 72
    folder = next(mix[0].glob(f"scratch/train-*/checkpoints/checkpoint-{saved}"))
    assert json.loads((folder / "trainer_state.json").read_bytes())["global_step"] == saved
    steps.clear()
    resumed = trained(mix, chosen)
    assert min(step for step in steps if step) == saved + 1
    (mix[0] / resumed.path / "manifest.json").unlink()
    whole = trained(mix, chosen)
    assert outcome(mix[0], resumed)[1] == outcome(mix[0], whole)[1]
    assert resumed.facts == whole.facts
    curve, undisturbed = (json.loads(outcome(mix[0], model)[0]) for model in (resumed, whole))
    extra = {point["step"] for point in curve} - {point["step"] for point in undisturbed}
    assert extra <= {saved}, "the mean loss up to the interruption"


def test_a_time_limit_ends_training_in_order_and_says_where(mix: tuple[Path, Manifest]) -> None:
    model = trained(mix, settings(epochs=2_000, max_minutes=0.02))
    facts = model.facts
    assert facts.planned == 24_000
    assert 0 < facts.steps < 24_000
    assert facts.epochs == pytest.approx(facts.steps / 12, abs=1e-3)
    assert facts.cut == f"cut by its time limit at step {facts.steps:,} of 24,000"
    last = json.loads((mix[0] / model.path / "training-curve.json").read_text())[-1]
    assert last["step"] == facts.steps
    assert {"loss", "holdout_loss"} <= last.keys()
    assert model.file("model/model.safetensors").bytes > 0
    row = ReceiptRow.left_out("a", 0.5, "given").model_copy(update={"rows": 192, "available": 96})
    told = with_training([row], facts.epochs, facts.cut)[0]
    assert (told.epochs, told.reason) == (round(2 * facts.epochs, 4), f"given; training {facts.cut}")


def test_the_time_of_earlier_attempts_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for before, cut in ((0.0, False), (59.0, False), (60.0, True)):
        end, control = EarlyEnd(1), TrainerControl()
        state: Any = TrainerState(global_step=3, max_steps=9)
        state.stateful_callbacks = {SPENT: before}
        arguments = SimpleNamespace(device="cpu")
        end.on_train_begin(arguments, state, control)
        end.on_step_end(arguments, state, control)
        assert (end.cut, control.should_training_stop, control.should_evaluate) == (cut,) * 3
        assert state.stateful_callbacks[SPENT] == pytest.approx(before, abs=0.9)


def test_online_weights_are_told_and_their_rows_counted(two_sources: tuple[Path, Manifest]) -> None:
    model = trained(two_sources, settings(epochs=3, online={"kind": "bandit", "every": 4, "target": "easy"}))
    facts = model.facts.online
    assert facts
    assert [point.step for point in facts.path] == [0, *range(5, 38, 4)]
    assert all(sum(point.weights.values()) == pytest.approx(1) for point in facts.path)
    assert sum(facts.shares.values()) == pytest.approx(1)
    assert facts.probe_rows == 9
    with pytest.raises(RecipeError, match="'eassy' has no rows in the mix"):
        trained(two_sources, settings(online={"kind": "bandit", "target": "eassy"}))
    with pytest.raises(ValueError, match="one process only"):
        settings(online="odm", processes=2)


def test_language_model_learns_and_its_last_hold_out_loss_is_the_one_it_is_scored_with(
    two_sources: tuple[Path, Manifest],
) -> None:
    model = trained(two_sources, settings(epochs=4, model=TINY_GPT, max_tokens=10), objective=WORDS)
    scores = evaluate_model.of("model").run(str(two_sources[0]), model, two_sources[1], EvaluateSettings(), WORDS, 0)
    metrics, curve = (
        scores.facts.metrics,
        json.loads((two_sources[0] / model.path / "training-curve.json").read_text()),
    )
    perplexity = metrics.measures["perplexity"].value
    assert metrics.baseline.gain_interval
    assert metrics.baseline.gain_interval[0] > 0.1
    assert perplexity < metrics.baseline.measures["perplexity"].value
    assert perplexity == pytest.approx(math.exp(curve[-1]["holdout_loss"]), rel=1e-4)
    table = pl.read_parquet(two_sources[0] / scores.path / "predictions.parquet")
    assert (table["row_id"].n_unique(), table["source"].unique().sort().to_list()) == (80, ["a", "b"])
    assert perplexity == pytest.approx(math.exp(table["loss"].sum() / table["tokens"].sum()), rel=1e-5)
    assert model.facts.examples > 192, "texts longer than max_tokens go on in further examples"
    assert model.facts.truncated == 0


@pytest.mark.slow
def test_micro_batches_of_any_size_take_the_same_steps(
    mix: tuple[Path, Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mean is over the tokens of a step, not of each micro-batch: padding and lengths weigh nothing."""
    still = TINY_GPT.model_copy(
        update={"config": TINY_GPT.config | dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)}
    )
    made = [trained(mix, settings(epochs=1, model=still), objective=WORDS)]
    once = launch._once
    monkeypatch.setattr(
        launch, "_once", lambda job, folder, report: once(job.model_copy(update={"accumulate": 4}), folder, report)
    )
    (mix[0] / made[0].path / "manifest.json").unlink()
    curves = [json.loads((mix[0] / made[0].path / "training-curve.json").read_text())]
    made.append(trained(mix, settings(epochs=1, model=still), objective=WORDS))
    curves.append(json.loads((mix[0] / made[1].path / "training-curve.json").read_text()))
    for one, other in zip(*curves, strict=True):
        assert one == pytest.approx(other, rel=1e-3)


@pytest.mark.slow
def test_saved_folder_is_trained_further_and_is_part_of_the_key(mix: tuple[Path, Manifest], tmp_path: Path) -> None:
    first = trained(mix, settings())
    folder = tmp_path / "start"
    folder.mkdir()
    for file in first.files:
        if file.name.startswith("model/"):
            (folder / file.name[6:]).write_bytes((mix[0] / first.path / file.name).read_bytes())
    chosen = settings(model="start", epochs=1)
    seen = probe_model.function(chosen, str(tmp_path))
    assert {file.name for file in seen.files} >= {"model.safetensors", "config.json"}
    assert trained(mix, chosen, str(tmp_path)).facts.steps == 12
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(RecipeError, match=r"cannot be loaded.*safetensors"):
        trained(mix, chosen, str(tmp_path))


@pytest.mark.parametrize(
    ("more", "error", "told"),
    [
        (
            {"learning_rate": 1e30, "epochs": 3, "warmup": 0},
            TrainingFailed,
            r"no longer a number at step \d+ of 36, whose batch holds train-00000:\d+, .*no checkpoint had been saved",
        ),
        ({"max_tokens": 64}, RecipeError, "takes at most 32"),
        pytest.param(
            {"model": BuiltModel(architecture="bert", vocabulary=300, config={"hidden_size": 15})},
            RecipeError,
            "no 'bert' classifier can be built",
            marks=pytest.mark.slow,
        ),
        ({"model": BuiltModel(architecture="brt", vocabulary=300)}, RecipeError, "no 'brt' classifier can be built"),
        ({"model": "no/such-model"}, RecipeError, "cannot be loaded"),
        ({"model": TINY, "objective": WORDS}, RecipeError, "'bert' sees the tokens that it is to predict"),
        pytest.param(
            {"model": BuiltModel(architecture="gpt2", config={"n_embd": 15}), "objective": WORDS},
            RecipeError,
            "no 'gpt2' language model can be built",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_trainings_that_cannot_be_say_why(
    mix: tuple[Path, Manifest], more: dict[str, Any], error: type[Exception], told: str
) -> None:
    objective = more.pop("objective", OBJECTIVE)
    with pytest.raises(error, match=told):
        trained(mix, settings(**more), objective=objective)


def test_out_of_memory_halves_the_batch_and_keeps_the_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[int] = []

    def once(job: Job, folder: Path, report: launch.Report) -> tuple[int, str]:
        seen.append(job.accumulate)
        return (launch.OUT_OF_MEMORY if job.accumulate < 4 else 0), "no room"

    monkeypatch.setattr(launch, "_once", once)
    job = Job(
        settings=settings(batch_size=16),
        objective=OBJECTIVE,
        seed=0,
        mix=(),
        holdout=(),
        base=".",
        folder=str(tmp_path),
    )
    launch.run(job, tmp_path, lambda done, text: None)
    assert seen == [1, 2, 4]


def test_training_ends_with_the_process_that_waits_for_it(mix: tuple[Path, Manifest], tmp_path: Path) -> None:
    code = f"""
import sys
from tests.train.test_train import *
store = Path({str(mix[0])!r})
mix = store, Manifest[MixFacts].model_validate_json({mix[1].model_dump_json()!r})
import tasks.train.launch as launch
def show(line, read=launch.message_in):
    message = read(line)
    if message and message.step: print(*launch.children, flush=True)
    return message
launch.message_in = show
trained(mix, settings(epochs=500))
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=300), batch=st.integers(1, 5), epoch=st.integers(0, 3))
def test_order_has_every_row_once_and_stays_near_the_plan(lengths: list[int], batch: int, epoch: int) -> None:
    sampler = WindowedLengths(np.array(lengths), batch, seed=3)
    sampler.set_epoch(epoch)
    order = sampler.order()
    assert sorted(order.tolist()) == list(range(len(lengths)))
    assert order.tolist() == sampler.order().tolist()
    if epoch == 0:
        window = WINDOW_BATCHES * batch
        assert all(int(row) // window == place // window for place, row in enumerate(order))


def test_tokenizer_is_the_same_every_time_and_reads_back_its_words() -> None:
    texts = [
        f"the film number {number} was {word} and a bit {other}!"
        for number, word, other in zip(range(200), (GOOD + BAD) * 25, BAD * 50, strict=True)
    ]
    built = [word_pieces(250, texts) for _ in range(4)]
    assert len({json.dumps(tokenizer.get_vocab(), sort_keys=True) for tokenizer in built}) == 1
    assert (
        built[0].decode(built[0]("The film was great!")["input_ids"], skip_special_tokens=True) == "the film was great!"
    )
    assert built[0]("the")["input_ids"][0] == built[0].cls_token_id


def test_byte_pairs_are_the_same_in_every_process_and_read_every_text_back() -> None:
    code = """
import hashlib
from tasks.models.vocabularies import byte_pairs
texts = [f"the film number {number % 97} war schön, {'gut' * (number % 3)} 🐕\\n\\tend" for number in range(500)]
made = byte_pairs(350, texts)
assert all(made.decode(made(text)["input_ids"]) == text for text in texts)
print(hashlib.sha256(made.backend_tokenizer.to_str().encode()).hexdigest(), len(made))
"""
    run = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True
        )
        for _ in range(3)
    ]
    assert len({done.stdout for done in run}) == 1
    assert run[0].stdout.split()[1] == "350"
