"""Too many samples for a document of the NOVA database are refused; the rest is in tests/integration."""

import pytest

from rbdm.errors import OutputError
from rbdm.server.nova_database import AnnotationKey, check_rows

KEY = AnnotationKey("talks", "one", "valence", "system", "guest")


def test_the_annotation_is_named_as_nova_shows_it() -> None:
    assert str(KEY) == "annotation 'valence' of annotator 'system', role 'guest'"


def test_more_samples_than_a_document_can_hold() -> None:
    check_rows(KEY, 390_000)
    with pytest.raises(OutputError, match=r"annotation 'valence' .*390001 samples are more than .* lower sample rate"):
        check_rows(KEY, 390_001)
