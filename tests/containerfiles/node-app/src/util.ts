const name: string = "util"
