using ContainerTools.Host;
using ContainerTools.Host.Sessions;

var arguments = HostArguments.Parse(args, !Console.IsInputRedirected);
switch (arguments.Mode)
{
    case HostMode.Help:
        Console.WriteLine(HostArguments.Usage);
        return 0;
    case HostMode.Version:
        Console.WriteLine("ctsh " + typeof(HostArguments).Assembly.GetName().Version!.ToString(3));
        return 0;
    case HostMode.WrongUsage:
        Console.Error.WriteLine("ctsh: " + arguments.Text);
        Console.Error.WriteLine(HostArguments.Usage);
        return 64;
}

if (arguments.Mode == HostMode.File && !File.Exists(arguments.Text))
{
    Console.Error.WriteLine($"ctsh: There is no script file '{arguments.Text}'.");
    return 64;
}

ScriptSession session;
try
{
    session = ScriptSession.Open(arguments.NonInteractive);
}
catch (SessionException e)
{
    Console.Error.WriteLine("ctsh: " + e.Message);
    return 70;
}

using (session)
{
    return arguments.Mode switch
    {
        HostMode.File => session.RunFile(Path.GetFullPath(arguments.Text), arguments.Arguments),
        HostMode.Command => session.RunText(arguments.Text),
        HostMode.StandardInput => session.RunText(Console.In.ReadToEnd()),
        _ => new PromptLoop(session).Run(),
    };
}
