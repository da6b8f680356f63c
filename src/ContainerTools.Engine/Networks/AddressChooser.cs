using System.Net;

namespace ContainerTools.Engine.Networks;

/// <summary>Chooses a container's address in a range of a network.</summary>
internal static class AddressChooser
{
    /// <summary>The address asked for, or the lowest free one; null if all are taken.</summary>
    /// <param name="network">The network's name, for errors.</param>
    /// <param name="subnet">The range.</param>
    /// <param name="wanted">The address asked for, or null.</param>
    /// <param name="taken">Who has an address, by the address.</param>
    /// <exception cref="ContainerToolsException">IPAddressNotInNetwork, IPAddressInUse.</exception>
    public static IPAddress? Choose(string network, NetworkSubnet subnet, IPAddress? wanted, IReadOnlyDictionary<UInt128, string> taken)
    {
        var family = subnet.Subnet.BaseAddress.AddressFamily;
        UInt128 gateway = AddressNumbers.ToNumber(subnet.Gateway);
        var (networkFirst, networkLast) = AddressNumbers.Range(subnet.Subnet);
        if (wanted is not null)
        {
            UInt128 number = AddressNumbers.ToNumber(wanted);
            if (!subnet.Subnet.Contains(wanted) || number == networkFirst || number == gateway || (!subnet.IsIPv6 && number == networkLast))
            {
                throw new ContainerToolsException("IPAddressNotInNetwork", ErrorKind.InvalidArgument,
                    $"{wanted} cannot be a container's address on the network '{network}': its range is {subnet.Subnet}, without the gateway {subnet.Gateway}{(subnet.IsIPv6 ? "" : " and the last one")}.", wanted.ToString());
            }
            return taken.TryGetValue(number, out string? owner)
                ? throw new ContainerToolsException("IPAddressInUse", ErrorKind.InUse, $"The address {wanted} is taken on the network '{network}' by {owner}.", wanted.ToString())
                : wanted;
        }
        var (first, last) = AddressNumbers.Range(subnet.IPRange ?? subnet.Subnet);
        for (UInt128 number = first; number <= last; number++)
        {
            if (number != networkFirst && number != gateway && (number != networkLast || subnet.IsIPv6) && !taken.ContainsKey(number))
                return AddressNumbers.ToAddress(number, family);
            if (number == UInt128.MaxValue)
                break;
        }
        return null;
    }
}
