module example.com/immuta

go 1.25
