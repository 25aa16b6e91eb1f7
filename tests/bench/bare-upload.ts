/** The baseline of `bench upload`: node:http that writes a body to disk with its hash and an fsync, and checks nothing. Prints its port. */
import { createHash, randomUUID } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

const folder = process.argv[2] ?? '/tmp'

const server = createServer(async (request, response) => {
  const name = randomUUID()
  const hash = createHash('sha256')
  await using file = await open(join(folder, `${name}.part`), 'wx')
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk)
    await file.write(chunk)
  }
  await file.sync()
  await rename(join(folder, `${name}.part`), join(folder, name))
  response.writeHead(201).end(hash.digest('hex'))
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
