const name: string = "server"
