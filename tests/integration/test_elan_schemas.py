"""ELAN files fit ELAN's own schemas, which are downloaded with pip once."""

import time as clock
from dataclasses import replace

import pytest

from rbdm.export.elan import write_elan
from tests.support.builders import steady
from tests.support.elan import elan_schemas

# The real clips need the schemas, too: one process downloads them.
pytestmark = pytest.mark.xdist_group("real clips")


@pytest.fixture(scope="module")
def schemas(request):
    pytest.importorskip("pympi.Elan", reason="needs pympi-ling")
    return elan_schemas(request.config.cache.mkdir("elan-schemas"))


@pytest.mark.parametrize("has_face", [[True, False, True], [False, False, False]])
def test_elan_files_fit_elans_schema(schemas, tmp_path, monkeypatch, has_face):
    from lxml import etree

    for index, zone in enumerate(("UTC", "Asia/Kolkata", "America/St_Johns")):
        monkeypatch.setenv("TZ", zone)
        getattr(clock, "tzset", lambda: None)()
        prediction = replace(steady(has_face), video=tmp_path / "Gespräch mit Blank & <Ü> #1.mp4")
        path = tmp_path / f"{index}.eaf"
        write_elan(prediction, path)
        for name, schema in schemas.items():
            assert schema.validate(etree.parse(str(path))), (name, schema.error_log)
    monkeypatch.undo()
    getattr(clock, "tzset", lambda: None)()


def test_the_schema_refuses_broken_files(schemas, tmp_path):
    from lxml import etree

    write_elan(steady([True]), tmp_path / "a.eaf")
    for break_it in (
        lambda root: root.find("TIER").set("LINGUISTIC_TYPE_REF", "other"),
        lambda root: root.find("TIME_ORDER").clear(),
        lambda root: root.attrib.pop("DATE"),
    ):
        document = etree.parse(str(tmp_path / "a.eaf"))
        break_it(document.getroot())
        assert not schemas["EAFv2.8"].validate(document)
