using ContainerTools.Runtime.CommandLine;

return RuntimeCommand.Run(args);
