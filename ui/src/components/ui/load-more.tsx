import { Button } from '@mantine/core'
import classes from './load-more.module.css'

/** Shows the button for the next page of a list. */
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

export interface LoadMoreQuery {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
}
