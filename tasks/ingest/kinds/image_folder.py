"""A folder of images, or an archive of one, as `datasets` lays it out: sub-folders are labels, `metadata.csv` or
`metadata.jsonl` has columns by `file_name`.

Columns: `file_name`, `label` (the sub-folder's name), `width`, `height` (pixels), `format`, and those of the metadata;
a file that stands there several times is several records. The image itself travels with its row, to the column `media`
of the mix. An image that is broken or cut short is a bad row (`bad_image`), as is one that would unpack to too much
(`too_many_pixels`); other files are counted as `not_media`.

Recipe:
    kind: image-folder
    path: emoji.tar.gz
    columns: {text: "an emoji of a {text}", label: category}
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from tasks.ingest.batch import Batch, Opened
from tasks.ingest.media import MediaSettings, Record, Unreadable, batches_of_media

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
"""Pillow's names of the formats that are read, whatever the suffix says."""
MOST_PIXELS = 100_000_000
TOLD = ("width", "height", "format")
"""Columns that tell of an image itself."""


class Params(MediaSettings):
    """Settings of a folder of images."""

    media: ClassVar[Literal["image"]] = "image"
    kind: Literal["image-folder"] = "image-folder"


def batches_together(files: Sequence[Sequence[Opened]], params: Params) -> Iterator[Batch]:
    """Read the images, each decoded once to see that it is whole."""
    return batches_of_media(files[0], SUFFIXES, _look, TOLD, params.encoding)


def _look(raw: bytes) -> Record:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(raw), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Unreadable(
                    "too_many_pixels", f"{image.width:,} x {image.height:,} pixels, at most {MOST_PIXELS:,} are decoded"
                )
            image.load()
            with Image.open(io.BytesIO(raw), formats=FORMATS) as checked:
                checked.verify()  # the check sums of a PNG, and its end
            return {"width": str(image.width), "height": str(image.height), "format": str(image.format)}
    except UnidentifiedImageError:  # what it says names a place in memory
        raise Unreadable("bad_image", f"none of {', '.join(FORMATS)}") from None
    except Image.DecompressionBombError as error:
        raise Unreadable("too_many_pixels", str(error)) from None
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        OverflowError,
        MemoryError,
        IndexError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise Unreadable("bad_image", f"{type(error).__name__}: {error}") from None
