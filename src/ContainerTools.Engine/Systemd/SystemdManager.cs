using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Namespaces;

namespace ContainerTools.Engine.Systemd;

/// <summary>Asks a systemd for scopes: units of processes that it did not start itself (org.freedesktop.systemd1(5)).</summary>
public sealed class SystemdManager : IDisposable
{
    private const string Name = "org.freedesktop.systemd1", ManagerPath = "/org/freedesktop/systemd1", ManagerInterface = "org.freedesktop.systemd1.Manager",
        SystemSocket = "/run/systemd/private", JobFailed = Name + ".JobFailed";

    private readonly DBusConnection _connection;

    private SystemdManager(DBusConnection connection) => _connection = connection;

    /// <summary>Whether systemd runs this host (sd_booted(3)).</summary>
    public static bool IsRunning => Directory.Exists("/run/systemd/system");

    /// <summary>Whether the systemd that this process would ask is a user's own: an ordinary user's, also where this process is root of a user namespace of his.</summary>
    public static bool IsOfUser { get; } = FileCalls.EffectiveUserId != 0 || (!UserNamespace.IsInitial && !IsOwned(SystemSocket));

    /// <summary>Connects to the host's systemd as root, and to the user's own as anybody else.</summary>
    /// <exception cref="ContainerToolsException">SystemdNotAvailable.</exception>
    public static SystemdManager Connect()
    {
        string reason = IsOfUser ? $"none of the sockets of user {UserId}'s own is there ('systemctl start user@{UserId}' as root, or 'loginctl enable-linger' for it to run always)" : "none of its sockets is there";
        foreach (var (path, destination) in Sockets())
        {
            try
            {
                return new SystemdManager(DBusConnection.Open(path, destination));
            }
            catch (Exception e) when (e is LinuxException or DBusException)
            {
                if (e is not LinuxException { Errno: Errno.ENOENT })
                    reason = $"{path}: {e.Message}";
            }
        }
        throw new ContainerToolsException("SystemdNotAvailable", ErrorKind.Unavailable, $"systemd cannot be asked for a scope: {reason}.");
    }

    /// <summary>The path of the control group below which it makes its units: an ordinary user's is <c>/user.slice/user-1000.slice/user@1000.service</c>.</summary>
    /// <exception cref="ContainerToolsException">SystemdFailed.</exception>
    internal string ControlGroup
    {
        get
        {
            try
            {
                return Property(ManagerPath, ManagerInterface, "ControlGroup").TrimEnd('/');
            }
            catch (DBusException e)
            {
                throw new ContainerToolsException("SystemdFailed", ErrorKind.Unavailable, $"systemd did not say where its control group is: {e.Message}", null, e);
            }
        }
    }

    /// <summary>Starts a scope and waits until its control group stands and the process is in it.</summary>
    /// <param name="unit">Its name, <c>NAME.scope</c>; a dead one of that name is forgotten first.</param>
    /// <param name="process">The process.</param>
    /// <param name="properties">What it has beside that.</param>
    /// <returns>The path of its control group.</returns>
    /// <exception cref="ContainerToolsException">SystemdFailed.</exception>
    internal string StartScope(string unit, int process, IEnumerable<UnitProperty> properties)
    {
        UnitProperty[] all = [.. properties, UnitProperty.Numbers("PIDs", (uint)process)];
        try
        {
            try
            {
                Run("StartTransientUnit", "ssa(sv)a(sa(sv))", unit, writer => StartArguments(writer, unit, all));
            }
            catch (DBusException e) when (e.Name == "org.freedesktop.systemd1.UnitExists")
            {
                Try("ResetFailedUnit", unit);
                Run("StartTransientUnit", "ssa(sv)a(sa(sv))", unit, writer => StartArguments(writer, unit, all));
            }
            return ControlGroupOf(unit);
        }
        catch (DBusException e) when (IsOfUser && e.Name == JobFailed)
        {
            throw Failed(unit, "start", new DBusException(e.Name, $"{e.Message}. To take in a process from outside of its own control group, as one of a login session, it needs the host's bus: is the package dbus installed, and does dbus.service run?"));
        }
        catch (DBusException e)
        {
            throw Failed(unit, "start", e);
        }
    }

    /// <summary>Changes a running unit's properties, until it ends.</summary>
    /// <exception cref="ContainerToolsException">SystemdFailed.</exception>
    internal void SetProperties(string unit, IReadOnlyList<UnitProperty> properties)
    {
        try
        {
            _ = _connection.Call(ManagerPath, ManagerInterface, "SetUnitProperties", "sba(sv)", writer =>
            {
                writer.String(unit);
                writer.Boolean(true);
                Write(writer, properties);
            });
        }
        catch (DBusException e)
        {
            throw Failed(unit, "change", e);
        }
    }

    /// <summary>Moves a process into a running unit.</summary>
    /// <exception cref="ContainerToolsException">SystemdFailed.</exception>
    internal void Attach(string unit, int process)
    {
        try
        {
            _ = _connection.Call(ManagerPath, ManagerInterface, "AttachProcessesToUnit", "ssau", writer =>
            {
                writer.String(unit);
                writer.String("");
                writer.Array(4, () => writer.UInt32((uint)process));
            });
        }
        catch (DBusException e)
        {
            throw Failed(unit, "take a process into", e);
        }
    }

    /// <summary>Stops a unit and forgets how it ended; one that is gone is no error.</summary>
    public void Stop(string unit)
    {
        try
        {
            Run("StopUnit", "ss", unit, writer =>
            {
                writer.String(unit);
                writer.String("replace");
            });
        }
        catch (DBusException)
        {
            // It has ended with its last process.
        }
        Try("ResetFailedUnit", unit);
    }

    /// <inheritdoc />
    public void Dispose() => _connection.Dispose();

    private static IEnumerable<(string Path, string? Destination)> Sockets()
    {
        if (!IsOfUser)
        {
            yield return (SystemSocket, null);
            yield return ("/run/dbus/system_bus_socket", Name);
            yield break;
        }
        string directory = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } set ? set : $"/run/user/{UserId}";
        yield return (directory + "/systemd/private", null);
        if (BusOfSession() is { } bus)
            yield return (bus, Name);
        yield return (directory + "/bus", Name);
    }

    /// <summary>The session bus's socket, where it is a file: the first address of the form <c>unix:path=...</c> (D-Bus specification, "Server Addresses").</summary>
    private static string? BusOfSession()
    {
        const string Form = "unix:path=";
        foreach (string address in (Environment.GetEnvironmentVariable("DBUS_SESSION_BUS_ADDRESS") ?? "").Split(';'))
        {
            if (address.StartsWith(Form, StringComparison.Ordinal))
                return Uri.UnescapeDataString(address[Form.Length..].Split(',')[0]);
        }
        return null;
    }

    /// <summary>The user's id on the host: root of his user namespace is he.</summary>
    private static uint UserId { get; } = IdMap.ToOutside(IdMap.Read(Environment.ProcessId), FileCalls.EffectiveUserId) ?? FileCalls.EffectiveUserId;

    // Root of a container in which a systemd of its own runs sees that one's socket as his, and the host's as nobody's.
    private static bool IsOwned(string path) =>
        FileCalls.StatusAt(FileCalls.WorkingDirectory, PathBytes.Terminated(path), out var status) == 0 && status.UserId == 0;

    private static void StartArguments(DBusWriter writer, string unit, UnitProperty[] properties)
    {
        writer.String(unit);
        writer.String("replace");
        Write(writer, properties);
        writer.Array(8, () => { });
    }

    private static void Write(DBusWriter writer, IReadOnlyList<UnitProperty> properties) => writer.Array(8, () =>
    {
        foreach (var property in properties)
        {
            writer.Align(8);
            writer.String(property.Name);
            writer.Signature(property.Signature);
            property.Write(writer);
        }
    });

    /// <summary>Calls what makes a job, and waits for that.</summary>
    private void Run(string member, string signature, string unit, Action<DBusWriter> arguments)
    {
        // Over the private socket the signals come by themselves; a bus must be told.
        Try("Subscribe");
        _connection.Match($"type='signal',interface='{ManagerInterface}',member='JobRemoved'");
        string job = _connection.Call(ManagerPath, ManagerInterface, member, signature, arguments).Body.String();
        string result = "";
        _ = _connection.AwaitSignal(signal => signal.Name == "JobRemoved" && IsOf(signal, job, out result));
        if (result is not ("done" or "skipped"))
            throw new DBusException(JobFailed, $"its job ended as '{result}'");
    }

    private static bool IsOf(DBusMessage signal, string job, out string result)
    {
        var body = signal.Body;
        _ = body.UInt32();
        string path = body.String();
        _ = body.String();
        result = body.String();
        return path == job;
    }

    private string ControlGroupOf(string unit) =>
        Property(_connection.Call(ManagerPath, ManagerInterface, "GetUnit", "s", writer => writer.String(unit)).Body.String(), "org.freedesktop.systemd1.Scope", "ControlGroup");

    private string Property(string path, string interfaceName, string name)
    {
        var body = _connection.Call(path, "org.freedesktop.DBus.Properties", "Get", "ss", writer =>
        {
            writer.String(interfaceName);
            writer.String(name);
        }).Body;
        _ = body.Signature();
        return body.String();
    }

    private void Try(string member, string? unit = null)
    {
        try
        {
            _ = _connection.Call(ManagerPath, ManagerInterface, member, unit is null ? "" : "s", writer =>
            {
                if (unit is not null)
                    writer.String(unit);
            });
        }
        catch (DBusException)
        {
            // Not needed, or not loaded.
        }
    }

    private static ContainerToolsException Failed(string unit, string what, DBusException e) =>
        new("SystemdFailed", ErrorKind.Unavailable, $"systemd did not {what} the unit '{unit}': {e.Message}", unit, e);
}
