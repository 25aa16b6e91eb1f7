import { createProgram, runProgram } from '@medforge/cli/program.ts'
import { registerBench } from './bench-command.ts'
import { registerTest } from './test-command.ts'

await runProgram(createProgram([registerTest, registerBench]))
