using ContainerTools.Engine.Networks;
using ContainerTools.Engine.Rootless;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Forwarding;
using ContainerTools.Runtime.Init;
using ContainerTools.Runtime.Launching;
using ContainerTools.Runtime.Monitor;
using ContainerTools.Runtime.Session;

StandardStreams.Occupy();
// The monitor has its own way of reporting, and no state directory to choose; an init and the cleaner have neither.
return args switch
{
    ["monitor", ..] => MonitorCommand.Run(args[1..]),
    [SessionRecord.HolderCommand, var runRoot] => SessionHolder.Run(runRoot),
    [PortForwarder.Command, var pid, var monitor, var directory, .. var ports] => ForwardCommand.Run(pid, monitor, directory, ports),
    ["worker", ..] => WorkerCommand.Run(args[1..]),
    ["--", _, ..] => InitCommand.Run(args[1..]),
    [SystemdScope.PlaceholderCommand] => SystemdScope.HoldPlace(),
    [NetworkCleaner.Command, var runRoot] => NetworkCleaning.Run(runRoot),
    _ => RuntimeCommand.Run(args),
};
