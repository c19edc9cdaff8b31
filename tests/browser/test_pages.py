#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages in a real browser and under a validator.

Each page is opened at 400 and 1280 pixels, light and dark: nothing may be asked for, nothing said on
the console, and nothing stick out to the right. Screenshots go to $BUILD/pages.

Usage: test_pages.py
"""

import glob
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "qemu"))

from chrome import Chrome  # noqa: E402
from harness import BUILD, MKIMAGE, QEDSCRUB, Tap, need, run, unpack  # noqa: E402

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "fixtures")
PAGES = os.path.join(BUILD, "pages")
VALIDATOR = os.path.join(BUILD, "npm", "node_modules", ".bin", "html-validate")
MOST_BYTES = 1000000

IMAGES = {
    "sound": (MKIMAGE, "--layout", "streams:3", "--virtual", "8G", "--allocated", "40", "--clump",
              "64"),
    "fragmented": (MKIMAGE, "--layout", "frag:30", "--virtual", "256G"),
    "corrupt": (MKIMAGE, os.path.join(FIXTURES, "bad-many.qedtxt")),
    "empty": (MKIMAGE, os.path.join(FIXTURES, "good-empty.qedtxt")),
    "64T": (MKIMAGE, "--layout", "frag:5", "--virtual", "64T", "--cluster-size", "4M",
            "--table-size", "16", "--allocated", "10", "--clump", "16"),
}

# What must not be on a page, so that the test can be seen to notice.
BAD_PAGE = b"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'"><title>Bad</title></head>
<body><svg width="3000" height="9"></svg><script>1</script><img alt="x" src="absent.png"><b></div></body></html>
"""


def make_pages(folder):
    """The page of info and that of the bundle, of each image, and one of all and the fixtures."""
    for name, command in IMAGES.items():
        image = os.path.join(folder, name + ".qed")
        need(run(*command, image))
        page = run(QEDSCRUB, "info", "--output=html", image)
        with open(os.path.join(PAGES, name + ".html"), "wb") as file:
            file.write(page.stdout)
        archive = os.path.join(folder, name + ".tar.gz")
        need(run(QEDSCRUB, image, "-o", archive))
        bundle = unpack(archive, folder)
        shutil.copy(os.path.join(bundle, "report.html"), os.path.join(PAGES, name + "-packed.html"))
        shutil.rmtree(bundle)
        os.unlink(archive)
    for recipe in glob.glob(os.path.join(FIXTURES, "*.qedtxt")):
        need(run(MKIMAGE, recipe, os.path.join(folder, os.path.basename(recipe) + ".qed")))
    with open(os.path.join(PAGES, "fleet.html"), "wb") as file:
        file.write(run(QEDSCRUB, "audit", "--output=html", folder).stdout)


def look_at(browser, path):
    """What is wrong with a page."""
    wrong = []
    colours = set()
    for width in 400, 1280:
        for scheme in "light", "dark":
            asked, said = browser.open(path, width, scheme)
            where = "%d %s" % (width, scheme)
            if asked != ["file://" + os.path.abspath(path)]:
                wrong.append("%s: asks for %s" % (where, asked))
            wrong += ["%s: console: %s" % (where, str(entry)[:300]) for entry in said]
            reach = browser.evaluate("document.documentElement.scrollWidth")
            if reach > width:
                wrong.append("%s: %d pixels wide" % (where, reach))
            colours.add(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
            browser.screenshot("%s-%d-%s.png" % (os.path.splitext(path)[0], width, scheme), 6000)
    if len(colours) != 2:
        wrong.append("light and dark are the same")
    return wrong


def main():
    tap = Tap()
    os.makedirs(PAGES, exist_ok=True)
    for old in glob.glob(os.path.join(PAGES, "*")):
        os.unlink(old)
    with tempfile.TemporaryDirectory(prefix="qedscrub-pages-") as folder:
        make_pages(folder)
    pages = sorted(glob.glob(os.path.join(PAGES, "*.html")))
    tap.test("every image has its two pages, and all have one",
             len(pages) == 2 * len(IMAGES) + 1, pages)
    large = ["%s: %d" % (page, os.path.getsize(page)) for page in pages
             if os.path.getsize(page) >= MOST_BYTES]
    tap.test("pages are under 1 MB", not large, *large)

    browser = Chrome()
    for page in pages:
        wrong = look_at(browser, page)
        tap.test("%s: silent, self-contained, fits" % os.path.basename(page), not wrong, *wrong)
    bad = os.path.join(PAGES, "bad-on-purpose.html")
    with open(bad, "wb") as file:
        file.write(BAD_PAGE)
    wrong = "\n".join(look_at(browser, bad))
    tap.test("a bad page is noticed",
             all(word in wrong for word in ("console:", "pixels wide", "the same")), wrong)
    browser.close()

    result = run(VALIDATOR, *pages)
    tap.test("html-validate finds nothing", result.returncode == 0,
             *result.stdout.decode(errors="replace").splitlines()[:40])
    result = run(VALIDATOR, bad)
    tap.test("html-validate notices a bad page", result.returncode == 1, result.stderr.decode())
    tap.end()


if __name__ == "__main__":
    main()
