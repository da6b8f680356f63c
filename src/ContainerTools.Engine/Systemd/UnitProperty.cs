namespace ContainerTools.Engine.Systemd;

/// <summary>A property of a systemd unit, as org.freedesktop.systemd1(5) has it.</summary>
/// <param name="Name">Its name, such as <c>MemoryMax</c>.</param>
/// <param name="Signature">The D-Bus type of its value.</param>
/// <param name="Write">Writes the value.</param>
internal sealed record UnitProperty(string Name, string Signature, Action<DBusWriter> Write)
{
    public static UnitProperty Text(string name, string value) => new(name, "s", writer => writer.String(value));

    public static UnitProperty Flag(string name, bool value) => new(name, "b", writer => writer.Boolean(value));

    public static UnitProperty Number(string name, ulong value) => new(name, "t", writer => writer.UInt64(value));

    public static UnitProperty Numbers(string name, params uint[] values) =>
        new(name, "au", writer => writer.Array(4, () => Array.ForEach(values, writer.UInt32)));

    public static UnitProperty Bytes(string name, byte[] value) =>
        new(name, "ay", writer => writer.Array(1, () => Array.ForEach(value, writer.Byte)));

    public static UnitProperty Pairs(string name, IReadOnlyList<(string First, string Second)> values) => new(name, "a(ss)", writer => writer.Array(8, () =>
    {
        foreach (var (first, second) in values)
        {
            writer.Align(8);
            writer.String(first);
            writer.String(second);
        }
    }));
}
