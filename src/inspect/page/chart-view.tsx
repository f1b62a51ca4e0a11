/** A statechart, laid out, with the active states lit. */
import { useMemo } from 'preact/hooks';
import { isObject } from '../../checks.js';
import type { Chart } from '../chart.js';
import { layOutChart, textWidth, type ChartBox } from './chart-layout.js';

/** A chart that would be smaller than this in its panel is scrolled: its words would not be read. */
const LEAST_SCALE = 0.7;

/** The chart of a machine whose state has this value. */
export function ChartView({ chart, value }: { readonly chart: Chart; readonly value: unknown }) {
  const root = useMemo(() => layOutChart(chart), [chart]);
  const { width, height } = root;
  return (
    <div class="chart" tabIndex={0}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        style={{ minWidth: `${width * LEAST_SCALE}px` }}
        role="img"
        aria-label={`Statechart of ${chart.key}. Active: ${activeNames(chart, value).join(', ') || 'nothing'}.`}
      >
        <defs>
          <marker
            id="chart-arrow"
            viewBox="0 0 10 10"
            refX="9"
            refY="5"
            markerWidth="7"
            markerHeight="7"
            orient="auto-start-reverse"
          >
            <path d="M0 1L9 5L0 9z" />
          </marker>
        </defs>
        <Box box={root} isActive={true} value={value} />
      </svg>
    </div>
  );
}

function Box({
  box,
  isActive,
  value,
}: {
  readonly box: ChartBox;
  readonly isActive: boolean;
  readonly value: unknown;
}) {
  const { chart, x, y, width, height, arrows, boxes, inner } = box;
  return (
    <g
      transform={`translate(${x} ${y})`}
      class={`state ${chart.type} ${isActive ? 'active' : ''}`}
      data-state={chart.id}
    >
      <rect width={width} height={height} rx={chart.type === 'parallel' ? 4 : 10} />
      <text
        class="name"
        x={boxes.length > 0 ? 12 : width / 2}
        y={17}
        text-anchor={boxes.length > 0 ? 'start' : 'middle'}
      >
        {chart.key}
      </text>
      {inner.map((line, index) => (
        <text
          key={index}
          class="inner"
          x={boxes.length > 0 ? 12 : width / 2}
          y={33 + index * 14}
          text-anchor={boxes.length > 0 ? 'start' : 'middle'}
        >
          {line}
        </text>
      ))}
      {boxes.map((child) => (
        <Box
          key={child.chart.id}
          box={child}
          isActive={isActive && isLit(chart, child.chart.key, value)}
          value={valueOf(value, child.chart.key)}
        />
      ))}
      {arrows.map(({ path, label, at, isInitial }, index) => (
        <g key={index} class="arrow">
          <path d={path} marker-end="url(#chart-arrow)" />
          {isInitial ? (
            <circle cx={at.x} cy={at.y} r={4} />
          ) : (
            <>
              <rect
                class="back"
                x={at.x - textWidth(label, 11) / 2}
                y={at.y - 11}
                width={textWidth(label, 11)}
                height={14}
              />
              <text x={at.x} y={at.y} text-anchor="middle">
                {label}
              </text>
            </>
          )}
        </g>
      ))}
    </g>
  );
}

function isLit({ type }: Chart, key: string, value: unknown): boolean {
  if (type === 'parallel') return true;
  return typeof value === 'string' ? value === key : isObject(value) && Object.hasOwn(value, key);
}

function valueOf(value: unknown, key: string): unknown {
  return isObject(value) ? value[key] : undefined;
}

function activeNames(chart: Chart, value: unknown): string[] {
  return chart.states.flatMap((state) =>
    isLit(chart, state.key, value) ? [state.key, ...activeNames(state, valueOf(value, state.key))] : [],
  );
}
