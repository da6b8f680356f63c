using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Monitor;

// The monitor has its own way of reporting, and no state directory to choose.
return args is ["monitor", ..] ? MonitorCommand.Run(args[1..]) : RuntimeCommand.Run(args);
