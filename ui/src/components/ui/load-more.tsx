import { Button } from '@mantine/core'
import classes from './load-more.module.css'

/** The way to the next page of a list, at its foot. */
export function LoadMore({ query }: { query: LoadMoreQuery }) {
  if (!query.hasNextPage) return null
  return (
    <div className={classes.root}>
      <Button variant="default" size="xs" onClick={query.fetchNextPage} disabled={query.isFetchingNextPage}>
        {query.isFetchingNextPage ? 'Loading more…' : 'Load more'}
      </Button>
    </div>
  )
}

interface LoadMoreQuery {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
}
