"""Every part passes the kit, and yields what NumPy's own functions yield."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nnspec_signal.dct import Dct, cosines
from nnspec_signal.octaves import Octaves
from nnspec_signal.spectrum import Spectrum
from nnspec_signal.tones import Tones
from nnspec_signal.wavelets import Wavelets

from nnspec.extend import Layer, Part
from nnspec.testing import (
    check_initializer,
    check_layer,
    check_loader,
    check_refusal,
    output_of,
)

SPECS = sorted(Path(__file__).parents[1].glob("specs/*.yaml"))
RANDOM = np.random.default_rng(1)


@pytest.mark.parametrize(
    "layer",
    [
        Dct(),
        Dct(coefficients=2),
        Dct(coefficients=40, inverse=True),
        Spectrum(),
        Spectrum(window="none", log=False),
        Wavelets(filters=1),
        Wavelets(filters=3, length=4, stride=2),
        Wavelets(filters=2, length=3, stride=5),
    ],
    ids=repr,
)
def test_every_layer_keeps_the_contract(layer: Layer) -> None:
    check_layer(layer)


@pytest.mark.parametrize("layer", [Dct(), Spectrum(), Wavelets(filters=2)])
@pytest.mark.parametrize("shape", [(8,), (1, 8, 8)])
def test_what_is_no_signal_is_refused_with_a_hint(layer: Layer, shape: tuple[int, ...]) -> None:
    check_refusal(layer, shape)


@pytest.mark.parametrize("layer", [Dct(coefficients=9), Dct(coefficients=7, inverse=True)])
def test_more_coefficients_than_steps_are_refused(layer: Layer) -> None:
    check_refusal(layer, (8, 1))


def test_the_rest_keeps_the_contract() -> None:
    check_initializer(Octaves())
    check_loader(Tones(samples=50, validation=0.1))


def test_the_cosine_transform_keeps_lengths_and_comes_back() -> None:
    matrix = cosines(8, 8, np.dtype(np.float64))
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(8), atol=1e-14)
    x = RANDOM.normal(size=(8, 2, 3))
    back = output_of(Dct(coefficients=8, inverse=True), output_of(Dct(), x))
    np.testing.assert_allclose(back, x, atol=1e-13)


def test_the_cosine_transform_is_the_fourier_transform_of_the_mirrored_signal() -> None:
    """The textbook's way to it: a signal and its mirror image have cosines alone."""
    x = RANDOM.normal(size=(6, 1, 1))
    mirrored = np.concatenate([x, x[::-1]])[:, 0, 0]
    k = np.arange(6)
    expected = (np.fft.fft(mirrored)[:6] * np.exp(-1j * np.pi * k / 12)).real / np.sqrt(12)
    expected[0] /= np.sqrt(2)
    np.testing.assert_allclose(output_of(Dct(), x)[:, 0, 0], expected, atol=1e-13)


def test_a_whole_wave_has_its_power_at_its_own_frequency() -> None:
    """3 waves of height 1 in 16 steps: |z| = T / 2, so that the power is T / 4 = 4."""
    x = np.cos(2 * np.pi * 3 * np.arange(16) / 16).reshape(16, 1, 1)
    power = output_of(Spectrum(window="none", log=False), x)[:, 0, 0]
    np.testing.assert_allclose(power, np.where(np.arange(9) == 3, 4.0, 0.0), atol=1e-13)


@pytest.mark.parametrize("stride", [1, 3])
def test_wavelets_are_numpys_correlation_with_the_waves_they_state(stride: int) -> None:
    x, f, a = RANDOM.normal(size=(11, 2, 1)), np.array([[0.1], [0.3]]), np.array([[0.2], [0.5]])
    y = output_of(Wavelets(filters=2, length=5, stride=stride), x, f=f, a=a)
    places = np.arange(-2, 3)
    for channel in range(2):
        for k in range(2):
            wave = np.exp(-0.5 * (a[k] * places) ** 2) * np.cos(2 * np.pi * f[k] * places)
            expected = np.correlate(x[:, channel, 0], wave, "same")[::stride]
            np.testing.assert_allclose(y[:, 2 * channel + k, 0], expected, atol=1e-13)


def test_octaves_rise_by_equal_ratios() -> None:
    out = np.empty((4, 1))
    Octaves(low=0.05, high=0.4).fill(out, 1, 1, RANDOM)
    np.testing.assert_allclose(out[:, 0], [0.05, 0.1, 0.2, 0.4])


@pytest.mark.parametrize(
    ("kind", "options"), [(Octaves, {"low": 0.5, "high": 0.1}), (Tones, {"pitches": [0.1, 0.6]})]
)
def test_options_that_make_no_sense_are_refused(kind: type[Part], options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=kind.__name__):
        kind.model_validate(options)


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_a_spec_reaches_what_it_expects(spec: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nnspec", "check", str(spec)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
