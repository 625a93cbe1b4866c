"""The browser of the tests: where it is, and what it is told when it starts."""

from __future__ import annotations

import shutil

# The first draws no frame around a page: the same engine, for two thirds of the work of opening one.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
# Two pages of an address bar that no test sees are made for each window: more work than a test's own page.
ADDRESS_BAR = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup")
# What Playwright turns off: the last list that Chromium is given counts alone.
BY_PLAYWRIGHT = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
# As root Chromium has no sandbox; the rest keeps it from looking for a screen, a network or updates.
WORDS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--disable-features={','.join((*ADDRESS_BAR, *BY_PLAYWRIGHT))}",
)


def program() -> str | None:
    """Return the path of the system's Chromium, better of the one that cannot show a window."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)
