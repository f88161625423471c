"""Listed SDKs and their manifests."""

from __future__ import annotations

import pytest

from auditor.model import Fact, Table
from auditor.rules import sdk_without_privacy_manifest
from tests.factories import gap
from tests.rules.apple import APP, case_of, framework, image, tracking
from tests.rules.cases import said


def embedded(name: str) -> tuple[Fact, Fact]:
    path = f"{APP}/Frameworks/{name}.framework"
    return image(path), framework(path)


def says(*facts: Fact) -> dict[str, str]:
    return said(sdk_without_privacy_manifest, case_of(image(), *facts))


@pytest.mark.parametrize("name", ["AFNetworking", "Flutter", "hermes", "UnityFramework", "absl", "openssl_grpc", "grpcpp", "DGCharts"])
def test_a_listed_sdk_needs_a_manifest(name: str) -> None:
    path = f"{APP}/Frameworks/{name}.framework"
    assert says(*embedded(name)) == {f"{name}.framework": "low high"}
    assert says(*embedded(name), tracking(path)) == {}
    assert says(*embedded(name), tracking(f"{path}/{name}_Privacy.bundle")) == {}
    assert says(*embedded(name), tracking(f"{APP}/{name}_Privacy.bundle")) == {}


@pytest.mark.parametrize("name", ["Kit", "AFNetworkingExtras", "Reach", "React", "flutter"])
def test_others_need_none(name: str) -> None:
    assert says(*embedded(name)) == {}


def test_the_apps_own_manifest_is_none_of_the_sdks() -> None:
    assert says(*embedded("Alamofire"), tracking()) == {"Alamofire.framework": "low high"}


def test_a_manifest_that_cannot_be_read_is_there() -> None:
    hidden = gap("cannot be read", Table.DATA, file=f"{APP}/Frameworks/Alamofire.framework/PrivacyInfo.xcprivacy")
    assert said(sdk_without_privacy_manifest, case_of(image(), *embedded("Alamofire"), gaps=[hidden])) == {}
