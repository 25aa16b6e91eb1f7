'use client'

import { type Client, createClient } from '@medforge/client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useState } from 'react'
import { shouldRetry } from './failure.ts'

type Api = { client: Client; url: string }

const ApiContext = createContext<Api | null>(null)

/**
 * The browser's way to the API: one client and one cache for the life of the page.
 * @param url  the API's origin, told by the server at run time
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
      // What the server has just read is not read again the moment the page arrives.
      // `always`: a host without the internet still reaches its own MedForge, whatever the browser thinks of being offline.
      queries: { staleTime: 2_000, retry: shouldRetry, networkMode: 'always' },
      mutations: { networkMode: 'always' },
    },
  })
}

export function useApi(): Client {
  return useApiContext().client
}

/** The API's origin, for links that lead there. */
export function useApiUrl(): string {
  return useApiContext().url
}

function useApiContext(): Api {
  const api = useContext(ApiContext)
  if (api === null) throw new Error('useApi needs an ApiProvider above it.')
  return api
}
