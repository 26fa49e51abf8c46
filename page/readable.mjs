// What a reader could not read in a page: expressions that are evaluated in it. Charts far from the window are drawn for
// paper, so they are told that they will be printed.

/** In the page: texts whose contrast with what is behind them is less than WCAG's AA asks. */
export const CONTRAST = `(() => {
  const parse = (text) => { const [, parts] = /rgba?\\(([^)]*)\\)/.exec(text) ?? []; if (!parts) return [0, 0, 0, 0]; const [r, g, b, a = 1] = parts.split(/[ ,/]+/).map(Number); return [r, g, b, a]; };
  const light = ([r, g, b]) => { const part = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }; return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b); };
  const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3]));
  const ground = (element) => { const layers = []; for (let e = element; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3]) { layers.push(c); if (c[3] === 1) break; } } return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]); };
  const behind = (element) => {
    const svg = element.ownerSVGElement; let found = ground(svg.parentElement);
    const box = element.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    for (const rect of svg.querySelectorAll('rect')) {
      if (!(rect.compareDocumentPosition(element) & 4) || rect.closest('clipPath')) continue;
      const b = rect.getBoundingClientRect(), style = getComputedStyle(rect), fill = parse(style.fill);
      if (b.left <= x && x <= b.right && b.top <= y && y <= b.bottom && fill[3] && style.fill !== 'none') found = over([...fill.slice(0, 3), fill[3] * Number(style.fillOpacity) * Number(style.opacity)], found);
    }
    return found;
  };
  dispatchEvent(new Event('beforeprint'));
  const faults = [];
  for (const element of document.querySelectorAll('body *')) {
    if (['SCRIPT', 'STYLE', 'OPTION', 'TITLE', 'PROGRESS', 'NOSCRIPT'].includes(element.tagName) || element.disabled || element.closest('[aria-hidden=true]:not(svg)') || element.closest('.skip')) continue;
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) || ['INPUT', 'SELECT', 'TEXTAREA'].includes(element.tagName);
    const box = element.getBoundingClientRect();
    if (!own || box.width < 2 || box.height < 2 || !element.checkVisibility?.({ visibilityProperty: true })) continue;
    const style = getComputedStyle(element), svg = element instanceof SVGElement;
    const ink = parse(svg ? style.fill : style.color), paper = svg ? behind(element) : ground(element);
    const [a, b] = [light(over(ink, paper)), light(paper)].sort((p, q) => q - p), ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) faults.push(element.tagName + '.' + (element.className.baseVal ?? element.className) + ' “' + element.textContent.trim().slice(0, 30) + '” ' + ratio.toFixed(2));
  }
  return [...new Set(faults)].slice(0, 8);
})()`;

/** In the page: texts of charts that lie over another text or outside their picture, and panels that are too low. */
export const LAYOUT = `(() => {
  dispatchEvent(new Event('beforeprint'));
  const faults = [], PANEL_MIN = 60;
  for (const svg of document.querySelectorAll('.panel svg, .stage svg')) {
    if (!svg.checkVisibility() || svg.closest('[aria-hidden]')) continue;
    const whole = svg.getBoundingClientRect(), where = svg.closest('[aria-label]')?.ariaLabel ?? '';
    const texts = [...svg.querySelectorAll('text')].map((text) => [text.textContent, text.getBoundingClientRect()]).filter(([, box]) => box.width);
    texts.forEach(([words, box], n) => {
      if (box.left < whole.left - 2 || box.right > whole.right + 2 || box.top < whole.top - 2 || box.bottom > whole.bottom + 2) faults.push(where + ': “' + words + '” is outside');
      for (const [other, b] of texts.slice(n + 1)) if (Math.min(box.right, b.right) - Math.max(box.left, b.left) > 1 && Math.min(box.bottom, b.bottom) - Math.max(box.top, b.top) > 3) faults.push(where + ': “' + words + '” is over “' + other + '”');
    });
    const frame = svg.querySelector('clipPath rect');
    if (frame && Number(frame.getAttribute('height')) < PANEL_MIN) faults.push(where + ': a panel of ' + frame.getAttribute('height') + ' px');
  }
  return faults.slice(0, 8);
})()`;
