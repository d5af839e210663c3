-- Nineteen columns of 0 and 1 as a list of genres.
SELECT
    _path, _row, 1 AS _part, _record, _is_readable, movie_id, movie_title,
    list_filter([
        if(Action = '1', 'Action', NULL), if(Adventure = '1', 'Adventure', NULL), if(Animation = '1', 'Animation', NULL),
        if("Children's" = '1', 'Children''s', NULL), if(Comedy = '1', 'Comedy', NULL), if(Crime = '1', 'Crime', NULL),
        if(Documentary = '1', 'Documentary', NULL), if(Drama = '1', 'Drama', NULL), if(Fantasy = '1', 'Fantasy', NULL),
        if("Film-Noir" = '1', 'Film-Noir', NULL), if(Horror = '1', 'Horror', NULL), if(Musical = '1', 'Musical', NULL),
        if(Mystery = '1', 'Mystery', NULL), if(Romance = '1', 'Romance', NULL), if("Sci-Fi" = '1', 'Sci-Fi', NULL),
        if(Thriller = '1', 'Thriller', NULL), if(War = '1', 'War', NULL), if(Western = '1', 'Western', NULL)
    ], genre -> genre IS NOT NULL) AS genres
FROM {records}
