'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { ADMIN_KEY } from './admin-key.ts'

/** Something that an administrator does; every list of the administrator's pages is read again afterwards, the audit log too. */
export function useAdminChange<Input, Result>(change: (input: Input) => Promise<Result>) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ADMIN_KEY }),
  })
}
