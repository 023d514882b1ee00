"""Arguments that several verbs share."""

import argparse


def add_spec(parser: argparse.ArgumentParser) -> None:
    """A spec file and what overrides it."""
    parser.add_argument("spec", metavar="SPEC", help="the spec, a YAML file")
    add_settings(parser)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """``--set``."""
    parser.add_argument(
        "--set",
        dest="settings",
        metavar="PATH=VALUE",
        action="append",
        default=[],
        help="override a value of the spec, for example train.epochs=3 or layers.0.dense=20 (repeatable)",
    )


def add_run(parser: argparse.ArgumentParser) -> None:
    """A run folder."""
    parser.add_argument("run", metavar="RUN", help="the folder of a run")


def add_no_plugins(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """``--no-plugins``, before the verb or behind it."""
    parser.add_argument(
        "--no-plugins", action="store_true", default=default, help="load no part but those of nnspec itself"
    )


def add_offline(parser: argparse.ArgumentParser) -> None:
    """``--offline``."""
    parser.add_argument("--offline", action="store_true", help="never download data")


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help="answer with one JSON document")


def positive(text: str) -> int:
    """A whole number above 0, as the type of an argument."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
