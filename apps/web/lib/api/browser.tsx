'use client'

import { type Client, createClient } from '@medforge/client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useState } from 'react'
import { retryRead } from './failure.ts'

type Api = { client: Client; url: string }

const ApiContext = createContext<Api | null>(null)

/**
 * One client and one query cache for the life of the page.
 * @param url  the API's origin, from the server's settings
 */
export function ApiProvider({ url, children }: { url: string; children: ReactNode }) {
  const [api] = useState<Api>(() => ({ client: createClient({ baseUrl: url }), url }))
  const [queryClient] = useState(createQueryClient)
  return (
    <ApiContext value={api}>
      <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
    </ApiContext>
  )
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // Stale time: hydration does not read again what the server has just read.
      // `always`: a browser that thinks it is offline may still reach a MedForge on its own network.
      queries: { staleTime: 2_000, retry: retryRead, networkMode: 'always' },
      mutations: { networkMode: 'always' },
    },
  })
}

export function useApi(): Client {
  return useApiContext().client
}

export function useApiUrl(): string {
  return useApiContext().url
}

function useApiContext(): Api {
  const api = useContext(ApiContext)
  if (api === null) throw new Error('useApi needs an ApiProvider above it.')
  return api
}
