"""A folder of recordings, or an archive of one, as `datasets` lays it out: sub-folders are labels, `metadata.csv` or
`metadata.jsonl` has columns by `file_name`.

Columns: `file_name`, `label` (the sub-folder's name), `sampling_rate` (Hz), `channels`, `duration` (seconds), `format`,
and those of the metadata; a file that stands there several times is several records. The recording itself travels with
its row, to the column `media` of the mix. One that is broken or cut short is a bad row (`bad_audio`), as is one that
would unpack to too much (`too_long`); other files are counted as `not_media`.

Recipe:
    kind: audio-folder
    path: digits.tar.gz
    columns: {text: "the digit {digit}", label: speaker}
"""

import io
from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from tasks.core.errors import RecipeError
from tasks.ingest.batch import Batch, Opened
from tasks.ingest.media import MediaSettings, Record, Unreadable, batches_of_media

SUFFIXES = frozenset({".aif", ".aiff", ".au", ".flac", ".mp3", ".ogg", ".opus", ".wav"})
TOLD = ("sampling_rate", "channels", "duration", "format")
"""Columns that tell of a recording itself."""
BLOCK_FRAMES = 1 << 18
MOST_SAMPLES = 1 << 29
"""Samples of all channels; a recording of more is taken for a decompression bomb."""


class Params(MediaSettings):
    """Settings of a folder of recordings."""

    media: ClassVar[Literal["audio"]] = "audio"
    kind: Literal["audio-folder"] = "audio-folder"


def batches_together(files: Sequence[Sequence[Opened]], params: Params) -> Iterator[Batch]:
    """Read the recordings, each decoded once to see that it is whole.

    Raises:
        RecipeError: soundfile is not installed.
    """
    return batches_of_media(files[0], SUFFIXES, _look, TOLD, params.encoding)


def _look(raw: bytes) -> Record:
    try:
        import soundfile
    except ImportError as error:
        raise RecipeError(
            "kind audio-folder needs soundfile, which is not installed: pip install 'cuvee[audio]'"
        ) from error
    try:
        with soundfile.SoundFile(io.BytesIO(raw)) as sound:
            if sound.frames * sound.channels > MOST_SAMPLES:
                raise Unreadable(
                    "too_long",
                    (
                        f"{sound.frames:,} frames of {sound.channels} channels, at most {MOST_SAMPLES:,} samples are "
                        "decoded"
                    ),
                )
            frames = sum(len(block) for block in sound.blocks(BLOCK_FRAMES, dtype="int16"))
            if frames != sound.frames or "should be" in sound.extra_info:
                raise Unreadable("bad_audio", f"cut short: it has {frames:,} frames, fewer than its header says")
            about = {"sampling_rate": str(sound.samplerate), "channels": str(sound.channels)}
            return about | {"duration": f"{frames / sound.samplerate:.3f}", "format": sound.format}
    except (soundfile.LibsndfileError, RuntimeError, ValueError, TypeError) as error:
        # What the error itself says names a place in memory.
        raise Unreadable("bad_audio", getattr(error, "error_string", type(error).__name__)) from None
