/** Synthesizes one variant in a process of its own: `tsx synth-in-process.ts VARIANT COUNTS`. Prints JSON. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { defineApp, VARIANTS } from './variants';

/** Of one synthesis. */
export interface SynthMeasure {
  readonly count: number;
  readonly cpuMs: number;
  /** Of all stacks. */
  readonly resources: number;
  /** Of the largest template, without and with the indentation of the CDK. */
  readonly bytes: number;
  readonly bytesWritten: number;
  /** The largest resident memory of the process until then. */
  readonly peakMb: number;
}

/** Processor time, which other processes of the machine do not change. */
function readCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function measure(name: string, count: number): SynthMeasure {
  const started = readCpuMs();
  const { directory, stacks } = defineApp(VARIANTS[name], count).synth();
  const cpuMs = readCpuMs() - started;
  const written = stacks.map(({ templateFile }) => fs.readFileSync(path.join(directory, templateFile), 'utf8'));
  const templates = written.map((text) => JSON.parse(text));
  const measured = {
    count,
    cpuMs,
    resources: templates.reduce((sum, { Resources }) => sum + Object.keys(Resources).length, 0),
    bytes: Math.max(...templates.map((template) => JSON.stringify(template).length)),
    bytesWritten: Math.max(...written.map((text) => text.length)),
    peakMb: process.resourceUsage().maxRSS / 1024,
  };
  fs.rmSync(directory, { recursive: true });
  return measured;
}

const [variant, counts] = process.argv.slice(2);
measure(variant, 1); // loads the modules
console.log(JSON.stringify(counts.split(',').map((count) => measure(variant, Number(count)))));
