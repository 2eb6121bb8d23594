import type { LineageGraph } from '@agentflow/contracts';
import { statusWord } from '@/components/status-badge.tsx';
import { NODE_HEIGHT, NODE_WIDTH, placeLineage } from './layout.ts';
import { callsInWords, figures, STATUS, TYPES } from './looks.ts';

const MARGIN = 40;
const HEADER = 48;
const SCALE = 2;
/** What browsers draw at most, in pixels of one side. */
const MOST_PIXELS = 16_000;
const RADIUS = 10;

type Colour = (property: string) => string;

/** The colours of the theme that is shown. */
function themeColours(): Colour {
  const styles = getComputedStyle(document.documentElement);
  return (property) => styles.getPropertyValue(property).trim();
}

function shorten(canvas: CanvasRenderingContext2D, text: string, width: number): string {
  if (canvas.measureText(text).width <= width) return text;
  let kept = text.length - 1;
  while (kept > 1 && canvas.measureText(`${text.slice(0, kept)}…`).width > width) kept--;
  return `${text.slice(0, kept)}…`;
}

/** The lineage as a PNG in the colours of the shown theme, drawn at twice its size where that can be. */
export async function drawLineage(graph: LineageGraph, title: string): Promise<Blob> {
  const places = placeLineage(graph);
  const right = Math.max(0, ...[...places.values()].map(({ x }) => x + NODE_WIDTH));
  const bottom = Math.max(0, ...[...places.values()].map(({ y }) => y + NODE_HEIGHT));
  const width = right + 2 * MARGIN;
  const height = bottom + 2 * MARGIN + HEADER;
  const scale = Math.min(SCALE, MOST_PIXELS / Math.max(width, height));
  const element = document.createElement('canvas');
  element.width = Math.ceil(width * scale);
  element.height = Math.ceil(height * scale);
  const canvas = element.getContext('2d');
  if (canvas === null) throw new Error('The browser has no room to draw a picture of this size.');
  await document.fonts.ready;
  const colour = themeColours();
  const font = colour('--font-sans') || 'sans-serif';
  canvas.scale(scale, scale);
  canvas.fillStyle = colour('--canvas');
  canvas.fillRect(0, 0, width, height);
  canvas.textBaseline = 'middle';
  canvas.fillStyle = colour('--text');
  canvas.font = `600 15px ${font}`;
  canvas.fillText(shorten(canvas, title, width - 2 * MARGIN), MARGIN, MARGIN);
  canvas.translate(MARGIN, MARGIN + HEADER);
  drawEdges(canvas, graph, places, colour);
  drawNodes(canvas, graph, places, colour, font);
  return new Promise((resolve, reject) =>
    element.toBlob(
      (blob) => (blob === null ? reject(new Error('The browser could not make the picture.')) : resolve(blob)),
      'image/png',
    ),
  );
}

type Places = ReturnType<typeof placeLineage>;

function drawEdges(canvas: CanvasRenderingContext2D, graph: LineageGraph, places: Places, colour: Colour): void {
  canvas.strokeStyle = colour('--field-line');
  canvas.lineWidth = 1.5;
  for (const { from, to } of graph.edges) {
    const [start, end] = [places.get(from), places.get(to)];
    if (start === undefined || end === undefined) continue;
    const [x1, y1] = [start.x + NODE_WIDTH, start.y + NODE_HEIGHT / 2];
    const [x2, y2] = [end.x, end.y + NODE_HEIGHT / 2];
    const bend = (x2 - x1) / 2;
    canvas.beginPath();
    canvas.moveTo(x1, y1);
    canvas.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
    canvas.stroke();
  }
}

function drawNodes(
  canvas: CanvasRenderingContext2D,
  graph: LineageGraph,
  places: Places,
  colour: Colour,
  font: string,
): void {
  for (const node of graph.nodes) {
    const place = places.get(node.id);
    if (place === undefined) continue;
    const { x, y } = place;
    const look = TYPES[node.type];
    canvas.beginPath();
    canvas.roundRect(x, y, NODE_WIDTH, NODE_HEIGHT, RADIUS);
    canvas.fillStyle = colour('--surface');
    canvas.fill();
    canvas.strokeStyle = colour(look.colour);
    canvas.lineWidth = 1;
    canvas.stroke();
    canvas.beginPath();
    canvas.roundRect(x, y, 6, NODE_HEIGHT, [RADIUS, 0, 0, RADIUS]);
    canvas.fillStyle = colour(look.colour);
    canvas.fill();
    const lines = [
      { text: node.name, style: `600 13px ${font}`, fill: '--text' },
      {
        text: [statusWord(STATUS[node.status]), figures(node)].filter((each) => each !== '').join(' · '),
        style: `400 11px ${font}`,
        fill: '--text-soft',
      },
      {
        text: [look.word, callsInWords(node.count)].filter((each) => each !== '').join(' · '),
        style: `400 11px ${font}`,
        fill: '--text-faint',
      },
    ];
    for (const [index, { text, style, fill }] of lines.entries()) {
      canvas.font = style;
      canvas.fillStyle = colour(fill);
      canvas.fillText(shorten(canvas, text, NODE_WIDTH - 32), x + 18, y + 18 + index * 17);
    }
  }
}
