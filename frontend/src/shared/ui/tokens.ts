// The style sheets' colours for what is drawn on a canvas.

let probe: CanvasRenderingContext2D | null = null;

/** A colour token as `rgba(r, g, b, alpha)`, in force on the element. `alpha` multiplies its own. */
export function colourOf(name: string, element: Element, alpha = 1): string {
  const text = getComputedStyle(element).getPropertyValue(name).trim();
  probe ??= new OffscreenCanvas(1, 1).getContext("2d", {
    willReadFrequently: true,
  }) as unknown as CanvasRenderingContext2D;
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = text;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue, opacity] = probe.getImageData(0, 0, 1, 1).data as unknown as [
    number,
    number,
    number,
    number,
  ];
  return `rgba(${red}, ${green}, ${blue}, ${((opacity / 255) * alpha).toFixed(3)})`;
}

/** Call the listener when theme, palette or language of the page changed; returns what ends it. */
export function onTokensChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme", "data-palette", "lang"] });
  return () => observer.disconnect();
}
