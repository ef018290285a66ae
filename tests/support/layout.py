"""What a page looks like to somebody with thick fingers: controls apart, nothing cut off."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

_CROWDED: Final = """() => {
  const chosen = 'button, input:not([type=hidden]), select, textarea, summary, [role=button],'
    + ' a';
  const name = each => (each.textContent.trim() || each.name || each.tagName).slice(0, 40);
  const shown = document.querySelector('dialog:modal') ?? document; // behind it nothing is in reach
  const all = [...shown.querySelectorAll(chosen)].filter(each => each.checkVisibility())
    .filter(each => each.tagName !== 'A' || parseFloat(getComputedStyle(each).borderTopWidth))
    .map(each => ({name: name(each), box: each.getBoundingClientRect(), each}));
  const found = [];
  all.forEach((one, at) => all.slice(at + 1).forEach(other => {
    if (one.each.contains(other.each) || one.each.closest('.skip, header.site')) return;
    const across = Math.min(one.box.right, other.box.right)
      - Math.max(one.box.left, other.box.left);
    const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
    if (across > -LEAST && down > -LEAST)
      found.push(`too close to each other: ${one.name} / ${other.name}`);
  }));
  return found;
}"""
_LEAST: Final = 4  # pixels between two controls

_CUT_OFF: Final = """() => {
  const found = [];
  const natural = field => {
    const copy = field.cloneNode();
    copy.removeAttribute('id');
    copy.style.cssText = 'width: max-content; position: absolute; visibility: hidden';
    field.after(copy);
    const width = copy.getBoundingClientRect().width;
    copy.remove();
    return width;
  };
  for (const each of document.querySelectorAll('td, th, input')) {
    const place = each.closest('thead') ?? each;
    if (!each.checkVisibility() || getComputedStyle(place).clipPath !== 'none') continue;
    const isPicked = ['date', 'time'].includes(each.type); // their icon lies upon the blank end
    const isCut = isPicked ? each.getBoundingClientRect().width < natural(each) - ICON
      : each.scrollWidth > each.clientWidth + 1;
    if (isCut) found.push(`cut off: ${(each.textContent.trim() || each.name).slice(0, 40)}`);
  }
  return found;
}"""
_ICON: Final = 25.5  # pixels


def layout_problems(page: Page) -> list[str]:
    """Controls that touch or lie upon each other, and fields and cells that do not show all."""
    crowded: list[str] = page.evaluate(_CROWDED.replace("LEAST", str(_LEAST)))
    cut_off: list[str] = page.evaluate(_CUT_OFF.replace("ICON", str(_ICON)))
    return crowded + cut_off
