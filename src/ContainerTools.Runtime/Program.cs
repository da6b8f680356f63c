using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Init;
using ContainerTools.Runtime.Monitor;

// The monitor has its own way of reporting, and no state directory to choose; an init has neither.
return args switch
{
    ["monitor", ..] => MonitorCommand.Run(args[1..]),
    ["--", _, ..] => InitCommand.Run(args[1..]),
    _ => RuntimeCommand.Run(args),
};
